-- Every user of the CRM stands in dim_user.
select users.user_id
from {{ ref('stg_salesforce__users') }} as users
left join {{ ref('dim_user') }} as dimension on users.user_id = dimension.user_id
where dimension.user_id is null

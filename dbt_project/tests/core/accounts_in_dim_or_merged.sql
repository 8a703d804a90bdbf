-- Every account of the CRM stands in dim_account or behind an account that it was merged into.
select accounts.account_id
from {{ ref('stg_salesforce__accounts') }} as accounts
left join {{ ref('dim_account') }} as dimension on accounts.account_id = dimension.account_id
where (dimension.account_id is null) <> (accounts.master_record_id is not null)

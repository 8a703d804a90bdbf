{{ config(materialized='view') }}
select id, as_of, names.name
from {{ ref('accounts') }}
left join {{ ref('names') }} as names using (id)

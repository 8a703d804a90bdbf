with final as (
    select quarantine.*
    from {{ ref('stg_partnerops__quarantine') }} as quarantine
    where quarantine.first_seen_on <= {{ as_of() }}
)

select * from final

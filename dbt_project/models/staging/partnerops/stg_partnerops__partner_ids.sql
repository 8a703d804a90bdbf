with records as (
    {{ current_records('partnerops', 'partner_id', stamp=none, key='partner_id') | indent(4) }}
),

final as (
    select
        records.partner_id,
        records.source,
        records.source_id,
        records.minted_on
    from records
)

select * from final

with records as (
    {{ current_records('partnerops', 'partner_xref', stamp=none, key=['source', 'source_object', 'source_id'])
        | indent(4) }}
),

final as (
    select
        -- keys
        records.source,
        records.source_object,
        records.source_id,
        records.partner_id,
        records.account_id,
        -- match
        records.method,
        records.score,
        records.evidence,
        records.valid_from
    from records
)

select * from final

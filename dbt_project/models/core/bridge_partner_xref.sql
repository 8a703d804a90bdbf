with final as (
    select
        xref.source,
        xref.source_object,
        xref.source_id,
        xref.partner_id,
        xref.account_id,
        xref.method,
        xref.score,
        xref.evidence,
        xref.valid_from
    from {{ ref('stg_partnerops__partner_xref') }} as xref
)

select * from final

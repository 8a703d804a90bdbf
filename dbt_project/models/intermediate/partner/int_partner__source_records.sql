-- Which record of which system is which partner. A match whose account is no partner account any more is none.
with partners as (
    select distinct partner_id from {{ ref('int_partner__accounts') }}
),

final as (
    select
        xref.source,
        xref.source_object,
        xref.source_id,
        xref.partner_id
    from {{ ref('stg_partnerops__partner_xref') }} as xref
    inner join partners on xref.partner_id = partners.partner_id
)

select * from final

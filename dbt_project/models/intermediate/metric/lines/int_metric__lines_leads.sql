with final as (
    select
        {{ line_columns('leads_submitted', 'Lead', {
            'record_id': 'leads.lead_id',
            'record_url': 'leads.record_url',
            'partner_id': 'leads.partner_id',
            'event_date': 'leads.created_date',
            'numerator': '1',
            'partner_type': 'partners.partner_type',
            'tier': 'tiers.attribute_value',
            'partner_region': 'partners.partner_region',
        }) }}
    from {{ ref('fct_leads') }} as leads
    {{ partner_dimensions('leads', 'leads.created_date') }}
    where leads.is_eligible and leads.created_date <= {{ as_of() }}
)

select * from final

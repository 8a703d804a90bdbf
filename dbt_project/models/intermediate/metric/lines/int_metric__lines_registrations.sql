{#- One entry per metric: which registrations are its lines, the day on which each counts, and what it adds. -#}
{%- set decided = 'registrations.first_decided_date is not null' -%}
{%- set timed = decided ~ ' and clocks.deal_registration_id is not null' -%}
{%- set metrics = [
    ('deal_registration_decision_hours', timed, 'registrations.first_decided_date', none, none,
        'clocks.decision_business_hours'),
    ('deal_registration_decision_hours_p90', timed, 'registrations.first_decided_date', none, none,
        'clocks.decision_business_hours'),
    ('deal_registration_decision_hours_sla_rate',
        'clocks.due_date <= ' ~ as_of() ~ ' and not clocks.is_withdrawn_before_due', 'clocks.due_date',
        'case when clocks.is_decided_in_time then 1 else 0 end', '1', none),
    ('deal_registration_approval_rate', decided, 'registrations.first_decided_date',
        "case when registrations.first_decision = 'approved' then 1 else 0 end", '1', none),
] -%}
with final as (
    {%- for metric_id, scope, event_date, above, below, measure in metrics %}
    select
        {{ line_columns(metric_id, 'Deal_Registration__c', {
            'record_id': 'registrations.deal_registration_id',
            'record_url': 'registrations.record_url',
            'partner_id': 'registrations.partner_id',
            'event_date': event_date,
            'numerator': above,
            'denominator': below,
            'measure': measure,
            'partner_type': 'partners.partner_type',
            'tier': 'tiers.attribute_value',
            'partner_region': 'partners.partner_region',
        }) }}
    from {{ ref('fct_deal_registrations') }} as registrations
    left join {{ ref('int_deal_registration__clocks') }} as clocks
        on registrations.deal_registration_id = clocks.deal_registration_id
    {{ partner_dimensions('registrations', event_date) }}
    where registrations.is_eligible and {{ scope }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)

select * from final

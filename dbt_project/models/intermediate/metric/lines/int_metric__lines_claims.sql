{#- One entry per metric: which claims are its lines, the day on which each counts, and what it adds. A claim that was
    rejected by the day on which it was due is owed nothing. -#}
{%- set days = 'case when claims.paid_in_full_date >= claims.submitted_date then '
    ~ days_between('claims.submitted_date', 'claims.paid_in_full_date') ~ ' end' -%}
{%- set metrics = [
    ('mdf_claim_payment_days', 'claims.paid_in_full_date is not null', 'claims.paid_in_full_date', none, none, days),
    ('mdf_claim_payment_days_p90', 'claims.paid_in_full_date is not null', 'claims.paid_in_full_date', none, none, days),
    ('mdf_claim_payment_days_sla_rate',
        'claims.due_date <= ' ~ as_of() ~ " and not coalesce(claims.status = 'rejected'"
        ~ ' and claims.decided_date <= claims.due_date, false)',
        'claims.due_date',
        'case when claims.paid_in_full_date <= claims.due_date then 1 else 0 end', '1', none),
] -%}
with claims as (
    select
        claims.*,
        {{ date_plus_days('claims.submitted_date', policy('mdf_claim_payment_sla_days')) }} as due_date
    from {{ ref('fct_mdf_claims') }} as claims
    where claims.is_eligible and claims.submitted_date is not null
),

final as (
    {%- for metric_id, scope, event_date, above, below, measure in metrics %}
    select
        {{ line_columns(metric_id, 'PartnerFundClaim', {
            'record_id': 'claims.mdf_claim_id',
            'record_url': 'claims.record_url',
            'partner_id': 'claims.partner_id',
            'event_date': event_date,
            'numerator': above,
            'denominator': below,
            'measure': measure,
            'partner_type': 'partners.partner_type',
            'tier': 'tiers.attribute_value',
            'partner_region': 'partners.partner_region',
        }) }}
    from claims
    {{ partner_dimensions('claims', event_date) }}
    where {{ scope }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)

select * from final

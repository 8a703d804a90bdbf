{#- A Salesforce id in its 18-character form. Field history may hold the 15-character form, whose letter case matters;
    the three added characters encode which letters of each five are capitals
    (Salesforce developer documentation, "ID field type"). -#}
{% macro id18(id) -%}
    case
        when length({{ id }}) = 15
            then concat(
                {{ id }}
                {%- for chunk in range(3) %},
                substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345', 1
                    {%- for place in range(5) %}
                    + case
                        when position(substr({{ id }}, {{ chunk * 5 + place + 1 }}, 1) in 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') > 0
                            then {{ 2 ** place }} else 0
                    end
                    {%- endfor %}, 1)
                {%- endfor %}
            )
        else {{ id }}
    end
{%- endmacro %}

{#- The id under which a Salesforce partner account is known everywhere downstream. -#}
{% macro partner_id(account_id) -%}
    concat('P-', {{ account_id }})
{%- endmacro %}

{#- Where a record can be opened in the org's own Lightning UI (never the API's address); NULL while the host is unknown. -#}
{% macro record_url(object, record_id) -%}
    'https://' || (select org.lightning_host from {{ ref('stg_salesforce__org_identity') }} as org)
    || '/lightning/r/{{ object }}/' || {{ record_id }} || '/view'
{%- endmacro %}

{#- The domain of a website address: lower case, without scheme, `www.`, port and path; NULL where there is none. -#}
{% macro domain_of(website) -%}
    nullif(
        regexp_replace(
            regexp_replace(lower(trim({{ website }})), '^([a-z]+://)?(www[.])?', ''),
            '[/:?#].*$', ''
        ),
        ''
    )
{%- endmacro %}

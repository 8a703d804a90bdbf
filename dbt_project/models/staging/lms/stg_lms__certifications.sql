with records as (
    {{ current_records('lms', 'certification', stamp='_as_of', key='award_id') | indent(4) }}
),

final as (
    select
        -- keys
        records.award_id,
        trim(records.branch_code) as branch_code,
        nullif(lower(trim(records.email)), '') as email,
        nullif(split_part(lower(trim(records.email)), '@', 2), '') as email_host,
        records.user_name,
        -- attributes
        records.branch as branch_name,
        records.certification,
        records.status,
        {{ exported_date('records.issued_on') }} as issued_date,
        {{ exported_date('records.expires_on') }} as expires_date,
        -- life
        records._as_of as exported_at
    from records
)

select * from final

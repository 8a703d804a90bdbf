with records as (
    select
        ledger.*,
        row_number() over (
            partition by ledger.evaluation_id, ledger.rule_id
            order by ledger._committed_at, ledger._batch_id
        ) as _version_from_oldest
    from {{ source('partnerops', 'rule_ledger') }} as ledger
),

final as (
    select
        -- keys
        records.evaluation_id,
        records.rule_id,
        -- state
        records.as_of,
        records.binding_id,
        records.state,
        records._committed_at as committed_at
    from records
    where records._version_from_oldest = 1
)

select * from final

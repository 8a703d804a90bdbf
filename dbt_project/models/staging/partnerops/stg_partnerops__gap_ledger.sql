-- What a gap says is stored once, with the first row that has its evidence hash, and found again by that hash.
with records as (
    select
        ledger.*,
        row_number() over (
            partition by ledger.evaluation_id, ledger.gap_id
            order by ledger._committed_at, ledger._batch_id
        ) as _version_from_oldest
    from {{ source('partnerops', 'gap_ledger') }} as ledger
),

final as (
    select
        -- keys
        records.evaluation_id,
        records.gap_id,
        records.rule_id,
        -- state
        records.as_of,
        records.binding_id,
        records.state,
        records.due_on,
        records.evidence_hash,
        -- what the gap says, NULL where an earlier row with this hash says it
        records.source as source_system,
        records.entity_type,
        records.entity_id,
        records.partner_id,
        records.severity,
        records.title,
        records.evidence,
        records.record_url,
        records.owner_team,
        records.existed_since,
        records.revenue_at_stake,
        records._committed_at as committed_at
    from records
    where records._version_from_oldest = 1
)

select * from final

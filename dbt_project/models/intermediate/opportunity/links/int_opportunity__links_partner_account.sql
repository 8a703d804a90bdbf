-- Link kind (b): the partner in the deal's PartnerAccountId.
{{ links_from_lookup_field('partner_account', 'partner_account_id') }}

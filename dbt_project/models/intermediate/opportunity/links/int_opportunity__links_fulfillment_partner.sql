-- Link kind (e): the partner in the configured look-up field for fulfilment.
{{ links_from_lookup_field('fulfillment_partner', 'fulfillment_partner_id') }}

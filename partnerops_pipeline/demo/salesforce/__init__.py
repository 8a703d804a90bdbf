"""An emulated Salesforce org: the REST API spoken over HTTP, with state that can change and faults on demand.

Start it in a test with `server.running_org(store)`, beside a command with `server.start_org_process(path)`, or alone
with `python -m partnerops_pipeline.demo.salesforce --db PATH`. What it does follows the public API documentation;
nothing in the product knows whether it talks to this or to Salesforce.
"""

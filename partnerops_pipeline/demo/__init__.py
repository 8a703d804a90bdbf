"""The demo partner programme: a simulator, its truth, and an emulated Salesforce org. Product code never imports it."""

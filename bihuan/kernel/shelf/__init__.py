"""The shelf: what a phone or the API sent and had to be refused because things stood otherwise, kept until somebody decides (#59, #65)."""

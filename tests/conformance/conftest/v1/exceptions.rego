package exceptions

deny_root contains "root"

deny contains {"msg": "always", "number": 7}

warn_old contains "old"

violation_kind contains msg if msg := input.kind

exception contains rules if {
	input.metadata.name in data.legacy
	rules := ["root", "old"]
}

exception contains [""] if input.kind == "Pod"

exception contains ["kind"] if not input.metadata.labels

package forms.nested

deny contains msg if {
	input.kind == "Deployment"
	names := [c.name | some c in input.spec.template.spec.containers; not startswith(c.image, "ghcr")]
	msg := sprintf("%d odd: %s", [count(names), concat(",", names)])
}

deny_set contains msg if {
	labels := {key | some key, _ in input.metadata.labels}
	missing := {"app", "tier"} - labels
	count(missing) > 0
	msg := sprintf("labels %v are missing", [sort([m | some m in missing])])
}

deny_object contains msg if {
	byName := {c.name: c.image | some c in input.spec.template.spec.containers}
	some name, image in byName
	msg := sprintf("%s=%s", [name, image])
}

deny_list := ["from a list"] if input.kind == "Pod"

default grade := "low"

grade := "high" if input.spec.replicas > data.limits.replicas

grade := "middle" if {
	input.spec.replicas == 1
} else := "none" if {
	input.kind == "Job"
}

deny_grade contains msg if {
	grade != "low"
	msg := sprintf("grade %s", [grade])
}

deny_arithmetic contains msg if {
	x := (input.replicas * 2) + 1
	x - 1 > 5
	-x < 0
	msg := sprintf("%d and %d and %v", [x, x % 2, x / 2])
}

deny_union contains msg if {
	all_ := {"a"} | {"b"} | {k | some k, _ in input.metadata.labels}
	both := all_ & {"app", "a"}
	msg := sprintf("%v", [sort([x | some x in both])])
}

deny_strings contains msg if {
	some word in ["abc", "\"quoted\"", `raw\n`, "tab\t", "π", "new\nline"]
	input.kind == "Service"
	msg := sprintf("%s!", [word])
}

deny_walk contains msg if {
	walk(input, [path, value])
	value == 8080
	msg := sprintf("%s", [concat("/", [sprintf("%v", [step]) | some step in path])])
}

deny_with contains msg if {
	x := is_pod with input as {"kind": "Pod"}
	x == true
	input.kind == "ConfigMap"
	msg := "with"
}

is_pod if input.kind == "Pod"

deny_object_get contains msg if {
	object.get(input, ["spec", "type"], "none") == "none"
	input.metadata["name"] == "bare"
	msg := "no type"
}

deny_regex contains msg if {
	some c in input.spec.template.spec.containers
	regex.match(`:[0-9]+\.[0-9]+\.[0-9]+$`, c.image)
	msg := c.image
}

deny_number contains msg if {
	n := to_number(input.data[key])
	n > 3
	msg := sprintf("%s %v", [key, n])
}

deny_json contains msg if {
	value := json.unmarshal(input.data.json)
	msg := sprintf("%v %v", [value.a[1], json.marshal({"b": [1, true, null, "x"]})])
}

deny_null contains msg if {
	input.image.tag == null
	print("seen", input.missing)
	msg := "null tag"
}

deny_types contains msg if {
	some x in input.list
	msg := sprintf("%s %v", [type_name(x), x])
}

warn_membership contains msg if {
	some word in ["two", "three"]
	not word in input.list
	msg := sprintf("%s is missing", [word])
}

warn_indices contains msg if {
	some i
	input.list[i] == true
	msg := sprintf("at %d", [i])
}

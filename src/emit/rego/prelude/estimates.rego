# What objects ask of the cluster: [CPU, memory, storage, GPUs, load balancers] at the fewest and at the most
# replicas; null where that is not known. A request that is missing is not known, never nothing.
_asked_of_object(resource) := _asked(resource, _demands_of_object(resource), _claims(resource)) if {
	_pods(resource) != []
} else := _once([[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 1, 0]]) if {
	_is_service(resource)
	_get(resource.value, ["spec", "type"]) == "LoadBalancer"
} else := _once(_stored(_claim_size(resource.value))) if {
	_kind(resource) == "/PersistentVolumeClaim"
} else := _once(_asked_nothing) if {
	_kind(resource) in _kinds_without_pods
	_group(resource) != "gateway.networking.k8s.io"
} else := null

_asked_nothing := [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]

_asked_of_pod(resource, pod) := _asked(resource, [_demand_of_pod(pod)], [])

_asked_of_container(resource, container) := _asked(resource, [_demand_of_container(container)], [])

# What all replicas ask for; claims are there once.
_asked(resource, demands, claims) := null if {
	null in _replicas(resource)
} else := null if {
	null in array.concat(demands, claims)
} else := {
	"low": _bounded(_sum_of_demands(array.concat(claims, [_in_replicas(demand, replicas[0]) | some demand in demands]))),
	"high": _bounded(_sum_of_demands(array.concat(claims, [_in_replicas(demand, replicas[1]) | some demand in demands]))),
} if {
	replicas := _replicas(resource)
}

_once(demand) := {"low": _bounded(demand), "high": _bounded(demand)} if demand != null else := null

_sum_of_demands(demands) := [_total([demand[part] | some demand in demands]) | some part in [0, 1, 2, 3, 4]]

_in_replicas(demand, count) := [_times_whole(amount, count) | some amount in demand]

_times_whole(number, count) := _exact(number[0] * count, number[1] * count, number[2] * count)

# More than anyone asks for is not told apart.
_bounded(demand) := [_at_most(amount, _most_asked[part]) | some part, amount in demand]

_stored(size) := [[0, 0, 0], [0, 0, 0], size, [0, 0, 0], [0, 0, 0]] if size != null else := null

_demands_of_object(resource) := array.concat(
	[_demand_of_pod(pod) | some pod in _pods(resource)],
	[_stored(_claim_size(template)) | some template in _claim_templates(resource)],
)

# Templates of claims, of which each replica gets its own.
_claim_templates(resource) := array.concat(
	[_get(volume, ["ephemeral", "volumeClaimTemplate"]) |
		some pod in _pods(resource)
		some volume in _list(_get(pod.value, ["spec", "volumes"]))
		_get(volume, ["ephemeral", "volumeClaimTemplate"]) != null
	],
	[template |
		some template in _list(_get(resource.value, ["spec", "volumeClaimTemplates"]))
		_kind(resource) == "apps/StatefulSet"
	],
)

# The claims that the pods of an object share, each once.
_claims(resource) := [_claim_named(name, _namespace(resource)) |
	some name in {_text_or(claimed, "") |
		some pod in _pods(resource)
		some volume in _list(_get(pod.value, ["spec", "volumes"]))
		claimed := _get(volume, ["persistentVolumeClaim", "claimName"])
		claimed != null
	}
]

_claim_named(name, namespace) := _stored(_claim_size(claims[0].value)) if {
	claims := [claim |
		some claim in _of_kinds({"/PersistentVolumeClaim"})
		_name(claim) == name
		_namespace(claim) == namespace
	]
	claims != []
} else := null

_claim_size(claim) := _not_negative(_quantity(_get(claim, ["spec", "resources", "requests", "storage"])))

_not_negative(number) := number if {
	is_array(number)
	number[0] >= 0
} else := null

# As the scheduler counts it: what runs as long as the pod, or the largest init container beside the sidecars
# that run by then.
_demand_of_pod(pod) := [
	_requested_by_pod(pod, "cpu"),
	_requested_by_pod(pod, "memory"),
	[0, 0, 0],
	_total([_requested_by_pod(pod, key) | some key in _gpu_keys(array.concat([_get(pod.value, ["spec"])], _running(pod)))]),
	[0, 0, 0],
] if {
	_lasting(pod) != []
	[1 | some container in _lasting(pod); _lacks_requests(container, _get(pod.value, ["spec"]))] == []
} else := null

_demand_of_container(container) := [
	_requested_or_nothing(container, "cpu"),
	_requested_or_nothing(container, "memory"),
	[0, 0, 0],
	_total([_requested_or_nothing(container, key) | some key in _gpu_keys([container])]),
	[0, 0, 0],
] if {
	_lacks_requests(container, null) == false
} else := null

_lacks_requests(container, whole) := ([1 |
	some resource in {"cpu", "memory"} | _gpu_keys([container])
	_lacks_request(container, whole, resource, endswith(resource, "/gpu"))
] != [])

# Extended resources are given to those that name them only.
_lacks_request(container, whole, resource, is_extended) := false if {
	_requested(whole, resource) != null
} else := false if {
	is_extended
	_requested_text(container, resource) == null
} else := _requested(container, resource) == null

# A missing request is the limit. Less than nothing is refused by the cluster, and must not lower a sum.
_requested(owner, resource) := _not_negative(_quantity(_requested_text(owner, resource)))

_requested_text(owner, resource) := _or(_get(owner, ["resources", "requests", resource]), _get(owner, ["resources", "limits", resource]))

_requested_or_nothing(owner, resource) := _or(_requested(owner, resource), [0, 0, 0])

_requested_by_pod(pod, resource) := _plus(
	_or(_requested(_get(pod.value, ["spec"]), resource), _requested_by_containers(pod, resource)),
	_or(_not_negative(_quantity(_get(pod.value, ["spec", "overhead", resource]))), [0, 0, 0]),
)

_requested_by_containers(pod, resource) := max(array.concat(
	[_total([_requested_or_nothing(container, resource) | some container in _lasting(pod)])],
	[_total(array.concat([_requested_or_nothing(init, resource)], _sidecars_before(pod, index, resource))) |
		some index, init in _list(_get(pod.value, ["spec", "initContainers"]))
	],
))

_sidecars_before(pod, index, resource) := [_requested_or_nothing(init, resource) |
	some place, init in _list(_get(pod.value, ["spec", "initContainers"]))
	place < index
	_is_sidecar(init)
]

_running(pod) := array.concat(_list(_get(pod.value, ["spec", "initContainers"])), _list(_get(pod.value, ["spec", "containers"])))

_lasting(pod) := array.concat(
	[init | some init in _list(_get(pod.value, ["spec", "initContainers"])); _is_sidecar(init)],
	_list(_get(pod.value, ["spec", "containers"])),
)

_is_sidecar(init) := _get(init, ["restartPolicy"]) == "Always"

_gpu_keys(owners) := {key |
	some owner in owners
	some list in ["requests", "limits"]
	some key, _ in _map(_get(owner, ["resources", list]))
	endswith(key, "/gpu")
	contains(key, "hugepages-") == false
}

# How many pods of an object run, at the least and at the most that an autoscaler allows.
_replicas(resource) := [1, 1] if {
	_kind(resource) == "/Pod"
} else := [0, 0] if {
	_kind(resource) == "/PodTemplate"
} else := [_nodes, _nodes] if {
	_kind(resource) == "apps/DaemonSet"
} else := _up_to(resource, ["spec", "parallelism"]) if {
	_kind(resource) == "batch/Job"
} else := _up_to(resource, ["spec", "jobTemplate", "spec", "parallelism"]) if {
	_kind(resource) == "batch/CronJob"
} else := _scaled_to(resource, 1) if {
	_kind(resource) in {"apps/Deployment", "apps/StatefulSet", "apps/ReplicaSet", "/ReplicationController", "argoproj.io/Rollout"}
} else := _scaled_to(resource, null) if {
	count(_pods(resource)) == 1
} else := [null, null]

_up_to(resource, path) := [0, 0] if {
	_get(resource.value, ["spec", "suspend"]) == true
} else := [0, _count_or(_get(resource.value, path), 1)]

# The API holds no more than 32 bits.
_count_or(value, fallback) := fallback if {
	is_null(value)
} else := _at_most(value, 2147483647) if {
	_whole(value) != null
	value >= 0
} else := null

_scaled_to(resource, fallback) := [_count_or(_get(resource.value, ["spec", "replicas"]), fallback), _count_or(_get(resource.value, ["spec", "replicas"]), fallback)] if {
	_autoscaled(resource) == []
} else := [_least([bounds[0] | some bounds in _autoscaled(resource)]), _greatest([bounds[1] | some bounds in _autoscaled(resource)])]

_least(counts) := null if null in counts else := min(counts)

_greatest(counts) := null if null in counts else := max(counts)

# The bounds of the autoscalers that scale an object; KEDA's are 0 and 100 where none are written.
_autoscaled(resource) := [bounds |
	some autoscaler in [
		["autoscaling/HorizontalPodAutoscaler", "minReplicas", 1, "maxReplicas", null],
		["keda.sh/ScaledObject", "minReplicaCount", 0, "maxReplicaCount", 100],
	]
	some scaler in _of_kinds({autoscaler[0]})
	_get(scaler.value, ["spec", "scaleTargetRef"]) != null
	_refers_to(_get(scaler.value, ["spec", "scaleTargetRef"]), scaler, resource)
	bounds := [
		_count_or(_get(scaler.value, ["spec", autoscaler[1]]), autoscaler[2]),
		_count_or(_get(scaler.value, ["spec", autoscaler[3]]), autoscaler[4]),
	]
]

_replicas_range(resource) := {"low": _of_whole(replicas[0]), "high": _of_whole(replicas[1])} if {
	replicas := _replicas(resource)
}

# The sum of a resource's requests over the pods of an object.
_requests_range(resource, key, is_extended) := _unknown_range if {
	_pods(resource) == []
} else := _unknown_range if {
	[1 | some pod in _pods(resource); _get(pod.value, ["spec"]) == null] != []
} else := _unknown_range if {
	[1 | some pod in _pods(resource); some container in _lasting(pod); _lacks_request(container, _get(pod.value, ["spec"]), key, is_extended)] != []
} else := {"low": _in_count(each, replicas[0]), "high": _in_count(each, replicas[1])} if {
	replicas := _replicas(resource)
	each := _total([_requested_by_pod(pod, key) | some pod in _pods(resource)])
}

_in_count(number, count) := _times_whole(number, count) if count != null else := null

_unknown_range := {"low": null, "high": null}

# What that takes in a month. `_figures` are the figures of the tables that the module was made with.
_cost(asked) := {"low": _cost_of(asked.low), "high": _cost_of(asked.high)} if is_object(asked) else := _unknown_range

_energy(asked) := {"low": _told(_energy_of(asked.low), "energy"), "high": _told(_energy_of(asked.high), "energy")} if {
	is_object(asked)
} else := _unknown_range

_carbon(asked) := {"low": _carbon_of(asked.low), "high": _carbon_of(asked.high)} if is_object(asked) else := _unknown_range

_cost_of(demand) := _told(_weighed(demand, _figures.prices), "cost")

_energy_of(demand) := _weighed(demand, _figures.powers)

# Of what runs, and of the part of the hardware's life that it takes.
_carbon_of(demand) := _told(_plus(
	_scale(_scale(_energy_of(demand), _figures.overhead), _figures.intensity),
	_scale(_plus(_scale(_scale(demand[0], _figures.server_carbon), _figures.per_server), _scale(demand[3], _figures.gpu_carbon)), _figures.per_life),
), "carbon")

# What has no figure can't be told, unless there is nothing of it.
_weighed(demand, figures) := _total([_weighed_part(amount, figures[part]) | some part, amount in demand])

_weighed_part(amount, figure) := [0, 0, 0] if amount == [0, 0, 0] else := _scale(amount, figure)

# To the nearest millionth of the unit.
_told(number, measure) := _scale(_scale(number, _figures[measure][0]), _figures[measure][1])

# A number that is not negative, multiplied by the factor and divided by each of the divisors, to the nearest
# billionth, halves up: `half` is half of what the divisors come to.
_scale(number, figure) := _of_places(_divided_by_all(_places_of_product(number, figure.factor, figure.half), figure.divisors)) if {
	is_array(number)
	is_object(figure)
} else := null

# Places are digits to the base of a billion, the highest first, which may be larger.
_places_of_product(number, factor, more) := _carried([
	high * factor[0],
	(high * factor[1]) + (middle * factor[0]),
	((middle * factor[1]) + (number[1] * factor[0])) + more[0],
	((number[1] * factor[1]) + (number[2] * factor[0])) + more[1],
	(number[2] * factor[1]) + more[2],
]) if {
	middle := _rest(number[0])
	high := _carry(number[0])
}

_carried(places) := [first, _rest(second), _rest(third), _rest(fourth), _rest(places[4])] if {
	fourth := places[3] + _carry(places[4])
	third := places[2] + _carry(fourth)
	second := places[1] + _carry(third)
	first := places[0] + _carry(second)
}

_divided_by_all(places, divisors) := _divided(_divided(_divided(_divided(places, divisors[0]), divisors[1]), divisors[2]), divisors[3])

_divided(places, divisor) := [_whole_part(places[0], divisor), _whole_part(second, divisor), _whole_part(third, divisor), _whole_part(fourth, divisor), _whole_part(fifth, divisor)] if {
	second := ((places[0] % divisor) * 1000000000) + places[1]
	third := ((second % divisor) * 1000000000) + places[2]
	fourth := ((third % divisor) * 1000000000) + places[3]
	fifth := ((fourth % divisor) * 1000000000) + places[4]
}

_of_places(places) := [(((places[0] * 1000000000) + places[1]) * 1000000000) + places[2], places[3], places[4]]

# An amount as policies write it, where it is whole in millionths of one of the units; each of those is
# [suffix, whether nothing may be written so, unit of time, figure].
_print_amount(number, units, times, decimals) := "unset" if {
	is_null(number)
} else := concat("", ["-", _print_amount_of(_negative(number), units, times, decimals)]) if {
	number[0] < 0
} else := _print_amount_of(number, units, times, decimals)

_print_amount_of(number, units, times, decimals) := _shortest(preferred[0], number) if {
	spellings := _spellings_in(number, units)
	preferred := [own |
		some time in times
		own := [[spelling[0], spelling[1], spelling[2]] |
			some spelling in spellings
			spelling[3] == time
			_digits_behind_point(spelling[0]) <= decimals
		]
		own != []
	]
	preferred != []
} else := _shortest([[spelling[0], spelling[1], spelling[2]] | some spelling in _spellings_in(number, units)], number)

_spellings_in(number, units) := [[_print_magnitude(amount), unit[0], unit[1], unit[2]] |
	some unit in units
	amount := _in_millionths(number, unit[3])
	amount != null
]

# The number multiplied by the factor and divided by the divisors, if it comes out in millionths.
_in_millionths(number, figure) := _times_whole(_of_places(millionths), 1000) if {
	product := _places_of_product(number, figure.factor, [0, 0, 0])
	millionths := _divided_by_all(product, figure.divisors)
	_multiplied_by_all(millionths, figure.divisors) == product
} else := null

_multiplied_by_all(places, factors) := _multiplied(_multiplied(_multiplied(_multiplied(places, factors[0]), factors[1]), factors[2]), factors[3])

_multiplied(places, factor) := _carried([product | some place in places; product := place * factor])

_digits_behind_point(numeral) := count(numeral) - (indexof(numeral, ".") + 1) if contains(numeral, ".") else := 0

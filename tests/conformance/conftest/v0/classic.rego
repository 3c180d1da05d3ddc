package main

import data.registries

name = input.metadata.name

deny[msg] {
  container := input.spec.template.spec.containers[_]
  not trusted(container.image)
  msg := sprintf("%s in %s", [container.image, name])
}

trusted(image) {
  startswith(image, registries[_])
}

deny[msg] {
  input.kind == "Service"
  not is_internal
  msg = "the service is open"
}

is_internal { input.spec.type == "ClusterIP" }
is_internal { input.metadata.namespace == "intern" }

violation[{"msg": msg}] {
  input.spec.template.spec.containers[i].securityContext.runAsUser == 0
  msg = sprintf("container %d runs as root", [i])
}

warn[msg] {
  not input.metadata.labels
  msg = "no labels"
}

warn_many[msg] {
  count({x | x := input.spec.template.spec.containers[_].name}) > 1
  msg = "many"
}

level = "high" { input.spec.replicas > 2 } else = "low" { input.spec.replicas > 0 } else = "none" { true }

deny_level[msg] {
  level == "low"
  msg := level
}

size(x) = n { n := count(x) } 

deny_size[msg] {
  some i
  size(input.list[i]) == 3
  msg := sprintf("at %v", [i])
}

exception[rules] {
  input.metadata.name == "web"
  rules = ["many"]
}

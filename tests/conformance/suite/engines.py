"""Every engine that the suite asks."""

import admission
import bundle
import gatekeeper
import rego


def every(tools):
    """The engines, in the order of the table's columns."""
    kubernetes = admission.Kubernetes(tools)
    api = kubernetes.api
    return [
        rego.Opa(tools),
        rego.Conftest(tools),
        bundle.Bundle(tools),
        gatekeeper.Gator(tools, api),
        kubernetes,
        admission.Kyverno(tools, api, "Kyverno on `vap`", "vap", "`vap`, in `kyverno apply`, with Kubernetes' CEL"),
        admission.Kyverno(tools, api, "Kyverno", "kyverno", "`kyverno`, in `kyverno apply`"),
    ]

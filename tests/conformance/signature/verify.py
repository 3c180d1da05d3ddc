"""A policy and keys -> whether the real OPA takes the bundle that is signed with each, and no other.

    python3 tests/conformance/signature/verify.py ORDAIN OPA

Needs `openssl`, which makes the keys anew at every run.
"""

import io
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile

POLICY = """rule few-replicas {
  for d in Deployment
  require (d.spec.replicas ?? 1) <= 3
}
"""

TOO_MANY = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 4, "selector": {}}}

QUERY = f"count(data.ordain.few_replicas.deny) with input as {json.dumps(TOO_MANY)}\n"


def main():
    ordain, opa = sys.argv[1:]
    failures = []
    with tempfile.TemporaryDirectory() as scratch:
        work = pathlib.Path(scratch)
        policy = work / "policy.ordain"
        policy.write_text(POLICY)
        keys = {algorithm: make(work, algorithm) for algorithm in ("HS256", "RS256", "ES256")}
        others = {algorithm: make(work, algorithm, "other") for algorithm in keys}
        cases = []
        for algorithm, (private, public) in keys.items():
            out = work / algorithm
            run(ordain, "build", policy, "--target", "bundle", "--sign-key", private, "--out", out)
            bundle = out / "bundle" / "bundle.tar.gz"
            contents = unpack(bundle)
            module = "ordain/few_replicas.rego"
            cases += [
                (f"{algorithm}: as it was built", True, algorithm, public, bundle),
                (f"{algorithm}: with another key", False, algorithm, others[algorithm][1], bundle),
                (f"{algorithm}: a byte of a module changed", False, algorithm, public,
                 pack(work, {**contents, module: contents[module].replace(b"<= 3", b"<= 9").replace(b"> 3", b"> 9")})),
                (f"{algorithm}: a parameter changed", False, algorithm, public,
                 pack(work, {**contents, "data.json": contents["data.json"].replace(b"{}", b'{"a":1}')})),
                (f"{algorithm}: a module added", False, algorithm, public,
                 pack(work, {**contents, "ordain/more.rego": b"package ordain.more\n"})),
                (f"{algorithm}: a module left out", False, algorithm, public,
                 pack(work, {name: text for name, text in contents.items() if name != module})),
                (f"{algorithm}: without its signature", False, algorithm, public,
                 pack(work, {name: text for name, text in contents.items() if name != ".signatures.json"})),
            ]
            assert contents != unpack(cases[-4][-1]) and contents != unpack(cases[-5][-1]), "nothing was changed"
        for name, is_taken, algorithm, key, bundle in cases:
            found = is_evaluated(opa, algorithm, key, bundle)
            if found != is_taken:
                failures.append(f"FAILED: {name}: OPA {'takes' if found else 'refuses'} it")
    print("\n".join([*failures, f"{len(cases) - len(failures)} passed, {len(failures)} failed"]))
    return 1 if failures else 0


def make(work, algorithm, name="own"):
    """What to sign with and what OPA verifies with: paths, but for a secret what OPA takes is the secret itself."""
    private, public = work / f"{name}-{algorithm}.pem", work / f"{name}-{algorithm}.pub"
    if algorithm == "HS256":
        secret = f"the {name} secret, which nobody is going to guess"
        private.write_text(secret)
        return private, secret
    kind = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if algorithm == "RS256" else ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    run("openssl", "genpkey", "-algorithm", *kind, "-out", private)
    run("openssl", "pkey", "-in", private, "-pubout", "-out", public)
    return private, public


def is_evaluated(opa, algorithm, key, bundle):
    """Whether OPA verifies the bundle, loads it and finds what there is to find."""
    command = [opa, "run", "--format", "json", "--bundle", bundle, "--verification-key", key, "--signing-alg", algorithm]
    done = subprocess.run(list(map(str, command)), input=QUERY, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        told = done.stderr + done.stdout
        if not any(word in told for word in ("verify", "signature", "digest mismatch")):
            raise SystemExit(f"OPA fails at something else: {done.stdout} {done.stderr}")
        return False
    # What OPA says of itself comes before.
    answer = json.loads(done.stdout[done.stdout.index("{\n"):])
    found = answer["result"][0]["expressions"][0]["value"]
    if found != 1:
        raise SystemExit(f"OPA finds {found}, not 1")
    return True


def unpack(path):
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive.getmembers()}


def pack(work, contents):
    path = work / f"changed-{len(list(work.iterdir()))}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return path


def run(*command):
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())

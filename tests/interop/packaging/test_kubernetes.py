"""packaging/kubernetes, by a YAML parser: anchors and types are what they seem, the objects fit
together, and the load of bench-job.yaml is one that this program makes."""

import concurrent.futures
import json
import pathlib
import re
import tempfile
import time
import unittest

import yaml
from processes import our_client, our_server

MANIFESTS = pathlib.Path(__file__).parents[3] / "packaging/kubernetes"


def objects_of(manifest):
    return list(yaml.safe_load_all((MANIFESTS / manifest).read_text()))


def assert_no_privileges(test, pod):
    (container,) = pod["spec"]["containers"]
    pod, container = pod["spec"]["securityContext"], container["securityContext"]
    test.assertTrue(pod["runAsNonRoot"])
    test.assertEqual(pod["seccompProfile"]["type"], "RuntimeDefault")
    test.assertFalse(container["allowPrivilegeEscalation"])
    test.assertTrue(container["readOnlyRootFilesystem"])
    test.assertEqual(container["capabilities"]["drop"], ["ALL"])


class Server(unittest.TestCase):
    def setUp(self):
        objects = objects_of("serve.yaml")
        self.objects = {each["kind"]: each for each in objects}
        self.assertEqual(len(self.objects), len(objects), "two objects of a kind")
        self.pod = self.objects["Deployment"]["spec"]["template"]
        (self.container,) = self.pod["spec"]["containers"]

    def test_it_has_two_replicas_and_one_may_be_away(self):
        self.assertEqual(self.objects["Deployment"]["spec"]["replicas"], 2)
        self.assertEqual(self.objects["PodDisruptionBudget"]["spec"]["minAvailable"], 1)

    def test_everything_selects_the_pods(self):
        labels = self.pod["metadata"]["labels"]
        self.assertEqual(self.objects["Service"]["spec"]["selector"], labels)
        for kind in ["Deployment", "PodDisruptionBudget"]:
            self.assertEqual(self.objects[kind]["spec"]["selector"]["matchLabels"], labels)

    def test_clients_see_every_pod(self):
        self.assertEqual(self.objects["Service"]["spec"]["clusterIP"], "None")

    def test_arguments_are_text(self):
        for argument in self.container["args"]:
            self.assertIsInstance(argument, str)

    def test_probes_ask_ports_that_the_container_has(self):
        ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        for probe in ["startupProbe", "readinessProbe"]:
            self.assertEqual(self.container[probe]["grpc"]["port"], ports["grpc"])
        self.assertIn(self.container["livenessProbe"]["httpGet"]["port"], ports)

    def test_it_runs_without_privileges(self):
        assert_no_privileges(self, self.pod)

    def test_the_volume_is_the_config_map(self):
        (volume,) = self.pod["spec"]["volumes"]
        self.assertEqual(volume["configMap"]["name"], self.objects["ConfigMap"]["metadata"]["name"])
        self.assertIn("people.json", self.objects["ConfigMap"]["data"])


class ServerOfADatabase(unittest.TestCase):
    def setUp(self):
        objects = objects_of("serve-database.yaml")
        self.objects = {each["kind"]: each for each in objects}
        self.assertEqual(len(self.objects), len(objects), "two objects of a kind")
        self.server = self.objects["Deployment"]["spec"]["template"]
        self.job = self.objects["Job"]["spec"]["template"]
        (self.container,) = self.server["spec"]["containers"]

    def containers(self):
        for pod in [self.server, self.job]:
            for container in pod["spec"].get("initContainers", []) + pod["spec"]["containers"]:
                yield pod, container

    def test_everything_selects_the_servers_and_not_the_job(self):
        labels = self.server["metadata"]["labels"]
        selected = self.objects["Service"]["spec"]["selector"]
        self.assertEqual(selected, labels)
        for kind in ["Deployment", "PodDisruptionBudget"]:
            self.assertEqual(self.objects[kind]["spec"]["selector"]["matchLabels"], labels)
        self.assertFalse(selected.items() <= self.job["metadata"]["labels"].items())

    def test_one_server_may_be_away(self):
        replicas = self.objects["Deployment"]["spec"]["replicas"]
        self.assertEqual(self.objects["PodDisruptionBudget"]["spec"]["minAvailable"], replicas - 1)

    def test_passwords_come_from_the_secret(self):
        secret = self.objects["Secret"]
        for _, container in self.containers():
            (variable,) = container["env"]
            self.assertEqual(variable["name"], "PGPASSWORD")
            source = variable["valueFrom"]["secretKeyRef"]
            self.assertEqual(source["name"], secret["metadata"]["name"])
            self.assertIn(source["key"], secret["stringData"])
            for argument in container["args"]:
                self.assertNotRegex(argument, "password|//[^/]*:[^/]*@")

    def test_files_are_those_of_the_volumes(self):
        secret, people = self.objects["Secret"], self.objects["ConfigMap"]
        files = {
            "/etc/postgres/ca.crt": secret["stringData"],
            "/etc/routeguide/people.json": people["data"],
        }
        for pod, container in self.containers():
            volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
            folders = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
            self.assertLessEqual(set(folders.values()), volumes)
            used = {file for file in files if any(file in arg for arg in container["args"])}
            self.assertEqual({file.rpartition("/")[0] for file in used}, set(folders))
            for file in used:
                self.assertIn(file.rpartition("/")[2], files[file])

    def test_a_server_may_wait_for_its_database(self):
        (wait,) = [arg for arg in self.container["args"] if arg.startswith("--wait=")]
        self.assertEqual(wait, "--wait=1m")
        startup = self.container["startupProbe"]
        self.assertGreater(startup["periodSeconds"] * startup["failureThreshold"], 60)

    def test_a_database_that_is_away_ends_no_server(self):
        self.assertEqual(self.container["livenessProbe"]["httpGet"]["path"], "/healthz")
        ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        for probe in ["startupProbe", "readinessProbe"]:
            self.assertEqual(self.container[probe]["grpc"]["port"], ports["grpc"])

    def test_they_run_without_privileges(self):
        for pod in [self.server, self.job]:
            assert_no_privileges(self, pod)


class Load(unittest.TestCase):
    def setUp(self):
        objects = objects_of("bench-job.yaml")
        self.jobs = {each["metadata"]["name"]: each for each in objects if each["kind"] == "Job"}
        self.bench = self.jobs["routeguide-bench"]["spec"]
        self.merge = self.jobs["routeguide-bench-merge"]["spec"]
        (self.claim,) = [each for each in objects if each["kind"] == "PersistentVolumeClaim"]
        self.assertEqual(len(objects), 3, "other objects")

    def args(self, job):
        (container,) = job["template"]["spec"]["containers"]
        return container["args"]

    def test_each_pod_has_an_index_and_all_run_at_once(self):
        self.assertEqual(self.bench["completionMode"], "Indexed")
        self.assertEqual(self.bench["parallelism"], self.bench["completions"])

    def test_the_segments_are_all_of_the_load(self):
        count = self.bench["completions"]
        self.assertIn(f"--segment=$(JOB_COMPLETION_INDEX)/{count}", self.args(self.bench))

    def test_every_part_is_merged(self):
        (file,) = [arg for arg in self.args(self.bench) if arg.startswith("--json=")]
        file = file.removeprefix("--json=")
        count = self.bench["completions"]
        parts = [file.replace("$(JOB_COMPLETION_INDEX)", str(index)) for index in range(count)]
        self.assertEqual([arg for arg in self.args(self.merge) if arg.startswith("/")], parts)

    def test_what_kubernetes_fills_in_is_in_the_environment(self):
        (container,) = self.bench["template"]["spec"]["containers"]
        known = {each["name"] for each in container["env"]} | {"JOB_COMPLETION_INDEX"}
        used = {name for arg in container["args"] for name in re.findall(r"\$\((\w+)\)", arg)}
        self.assertEqual(used, known)

    def test_nothing_is_tried_twice_and_the_merge_waits(self):
        # With a limit for the whole Job, one part that fails would end the others.
        self.assertEqual(self.bench["backoffLimitPerIndex"], 0)
        self.assertNotIn("backoffLimit", self.bench)
        self.assertEqual(self.merge["backoffLimit"], 0)
        for job in [self.bench, self.merge]:
            self.assertEqual(job["template"]["spec"]["restartPolicy"], "Never")
        self.assertTrue(self.merge["suspend"])

    def test_the_service_does_not_send_calls_to_the_pods(self):
        (service,) = [each for each in objects_of("serve.yaml") if each["kind"] == "Service"]
        selected = service["spec"]["selector"].items()
        for job in [self.bench, self.merge]:
            self.assertFalse(selected <= job["template"]["metadata"]["labels"].items())

    def test_reports_are_on_a_volume_that_all_pods_may_write_to(self):
        self.assertEqual(self.claim["spec"]["accessModes"], ["ReadWriteMany"])
        for job in [self.bench, self.merge]:
            pod = job["template"]["spec"]
            (volume,), (container,) = pod["volumes"], pod["containers"]
            (mount,) = container["volumeMounts"]
            name = self.claim["metadata"]["name"]
            self.assertEqual(volume["persistentVolumeClaim"]["claimName"], name)
            self.assertEqual((mount["name"], mount["mountPath"]), (volume["name"], "/out"))
            self.assertEqual(pod["securityContext"]["fsGroup"], pod["securityContext"]["runAsUser"])

    def test_the_jobs_run_without_privileges(self):
        for job in [self.bench, self.merge]:
            assert_no_privileges(self, job["template"])

    def test_the_program_makes_the_load_and_merges_it(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        port = self.enterContext(our_server())
        known = {"$(START_AT)": str(int(time.time()) + 3), "/out/": f"{folder}/"}
        # The last one of a repeated flag counts.
        small = ["--rate=200/s", "--duration=1s", "--warmup=0s", f"--addr=127.0.0.1:{port}"]

        def run(job, names, *more):
            args = self.args(job)
            for name, value in names.items():
                args = [arg.replace(name, value) for arg in args]
            return our_client(*args, *more)

        def run_part(index):
            return run(self.bench, known | {"$(JOB_COMPLETION_INDEX)": str(index)}, *small)

        count = self.bench["completions"]
        with concurrent.futures.ThreadPoolExecutor(count) as pods:
            for part in pods.map(run_part, range(count)):
                self.assertEqual(part.returncode, 0, part.stderr)
        # Its thresholds may not hold here, which is known when the reports are there.
        merged = run(self.merge, known)
        self.assertIn(merged.returncode, [0, 3], merged.stderr)
        report = json.loads((pathlib.Path(folder) / "report.json").read_text())
        self.assertEqual(report["load"]["segments"], {"parts": list(range(count)), "of": count})
        self.assertEqual(len(report["thresholds"]), 3)
        self.assertTrue((pathlib.Path(folder) / "report.html").stat().st_size)

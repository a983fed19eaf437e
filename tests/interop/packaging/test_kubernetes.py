"""packaging/kubernetes/serve.yaml, by a YAML parser: anchors and types are what they seem, and the objects fit together."""

import pathlib
import unittest

import yaml

MANIFEST = pathlib.Path(__file__).parents[3] / "packaging/kubernetes/serve.yaml"


class Manifest(unittest.TestCase):
    def setUp(self):
        objects = list(yaml.safe_load_all(MANIFEST.read_text()))
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
        pod, container = self.pod["spec"]["securityContext"], self.container["securityContext"]
        self.assertTrue(pod["runAsNonRoot"])
        self.assertEqual(pod["seccompProfile"]["type"], "RuntimeDefault")
        self.assertFalse(container["allowPrivilegeEscalation"])
        self.assertTrue(container["readOnlyRootFilesystem"])
        self.assertEqual(container["capabilities"]["drop"], ["ALL"])

    def test_the_volume_is_the_config_map(self):
        (volume,) = self.pod["spec"]["volumes"]
        self.assertEqual(volume["configMap"]["name"], self.objects["ConfigMap"]["metadata"]["name"])
        self.assertIn("people.json", self.objects["ConfigMap"]["data"])

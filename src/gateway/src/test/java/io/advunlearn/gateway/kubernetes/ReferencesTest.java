package io.advunlearn.gateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What schemas do not see: names that point at something, and the promises about security and shutdown. */
class ReferencesTest {

    private static final List<String> OVERLAYS = Manifests.OVERLAYS;

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void selectorsMatchThePods(String overlay) {
        List<ObjectNode> resources = render(overlay);
        JsonNode labels = deployment(resources).at("/spec/template/metadata/labels");
        assertThat(deployment(resources).at("/spec/selector/matchLabels")).isEqualTo(labels);
        assertThat(Manifests.only(resources, "PodDisruptionBudget").at("/spec/selector/matchLabels")).isEqualTo(labels);
        assertThat(Manifests.only(resources, "NetworkPolicy").at("/spec/podSelector/matchLabels")).isEqualTo(labels);
        assertThat(Manifests.ofKind(resources, "Service")).allSatisfy(service -> assertThat(service.at("/spec/selector")).isEqualTo(labels));
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void portsHaveNames(String overlay) {
        List<ObjectNode> resources = render(overlay);
        Set<String> ports = texts(server(resources).path("ports"), "name");
        List<String> used = new ArrayList<>();
        Manifests.ofKind(resources, "Service").forEach(service -> used.addAll(texts(service.at("/spec/ports"), "targetPort")));
        Manifests.only(resources, "NetworkPolicy").at("/spec/ingress").findValues("ports").forEach(list -> used.addAll(texts(list, "port")));
        for (String probe : List.of("startupProbe", "readinessProbe", "livenessProbe")) {
            used.add(server(resources).path(probe).findValue("port").asText());
        }
        assertThat(used).hasSize(7).isSubsetOf(ports);
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void mountsHaveVolumesAndTheClaimExists(String overlay) {
        List<ObjectNode> resources = render(overlay);
        Set<String> mounted = containers(resources).stream().flatMap(container -> texts(container.path("volumeMounts"), "name").stream())
                .collect(Collectors.toSet());
        assertThat(mounted).isEqualTo(texts(pod(resources).path("volumes"), "name"));
        assertThat(pod(resources).findValuesAsText("claimName"))
                .containsExactly(Manifests.only(resources, "PersistentVolumeClaim").at("/metadata/name").asText());
        assertThat(server(resources).at("/envFrom/0/configMapRef/name")).isEqualTo(Manifests.only(resources, "ConfigMap").at("/metadata/name"));
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void onlyTheManagementServiceReachesTheManagementPort(String overlay) {
        List<JsonNode> services = Manifests.ofKind(render(overlay), "Service");
        assertThat(services).filteredOn(service -> texts(service.at("/spec/ports"), "targetPort").contains("management"))
                .singleElement().satisfies(service -> assertThat(service.at("/metadata/name").asText()).isEqualTo("advunlearn-management"));
        assertThat(services).noneMatch(service -> service.at("/spec").has("type"));
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void theManagementPortIsOpenToNobodyByDefault(String overlay) {
        JsonNode policy = Manifests.only(render(overlay), "NetworkPolicy");
        assertThat(Manifests.elements(policy.at("/spec/ingress"))).filteredOn(rule -> texts(rule.path("ports"), "port").contains("management"))
                .singleElement().satisfies(rule -> assertThat(rule.path("from").findValuesAsText("advunlearn.io/management"))
                        .containsOnly("allowed").hasSameSizeAs(rule.path("from")));
        assertThat(policy.at("/spec/policyTypes").toString()).contains("Egress");
        if (overlay.equals("ha")) {
            assertThat(policy.at("/spec/egress").findValuesAsText("port")).as("names and the database").containsExactly("53", "53", "5432");
        } else {
            assertThat(policy.path("spec").has("egress")).isFalse();
        }
    }

    @Test
    void theDatabasesPasswordIsInASecretOnly() {
        List<ObjectNode> resources = render("ha");
        assertThat(Manifests.elements(server(resources).path("env"))).filteredOn(variable -> variable.path("name").asText().startsWith("QUARKUS_DATASOURCE_"))
                .hasSize(3).allSatisfy(variable -> {
                    assertThat(variable.has("value")).isFalse();
                    assertThat(variable.at("/valueFrom/secretKeyRef/name").asText()).isEqualTo("advunlearn-database");
                });
        assertThat(Manifests.only(resources, "ConfigMap").toString()).doesNotContain("DATASOURCE");
    }

    @Test
    void aNewVersionComesOnePodAtATimeAndOnlyWhenItIsReady() {
        JsonNode spec = deployment(render("ha")).path("spec");
        assertThat(spec.path("replicas").asInt()).isEqualTo(3);
        assertThat(spec.path("strategy")).hasToString("{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxSurge\":1,\"maxUnavailable\":0}}");
        assertThat(spec.path("minReadySeconds").asInt()).isPositive();
        assertThat(spec.at("/template/spec/containers/0/readinessProbe/httpGet/path").asText()).isEqualTo("/q/health/ready");
        JsonNode labels = spec.at("/template/metadata/labels");
        assertThat(spec.at("/template/spec/topologySpreadConstraints")).hasSize(2)
                .allSatisfy(constraint -> assertThat(constraint.at("/labelSelector/matchLabels")).isEqualTo(labels));
        assertThat(Manifests.only(render("ha"), "PodDisruptionBudget").at("/spec/maxUnavailable").asInt()).isEqualTo(1);
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void nothingRunsAsRootOrWritesToTheImage(String overlay) {
        List<ObjectNode> resources = render(overlay);
        assertThat(pod(resources).at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod(resources).at("/securityContext/runAsUser").asInt()).isPositive();
        assertThat(pod(resources).path("automountServiceAccountToken").asBoolean(true)).isFalse();
        assertThat(containers(resources)).allSatisfy(container -> assertThat(container.path("securityContext")).hasToString(
                "{\"allowPrivilegeEscalation\":false,\"readOnlyRootFilesystem\":true,\"capabilities\":{\"drop\":[\"ALL\"]}}"));
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void everyWritableFolderIsAVolume(String overlay) {
        JsonNode mounts = server(render(overlay)).path("volumeMounts");
        assertThat(Manifests.elements(mounts)).filteredOn(mount -> !mount.path("readOnly").asBoolean())
                .extracting(mount -> mount.path("mountPath").asText()).contains("/tmp", "/var/cache/djl", "/registry");
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void resourcesAreBounded(String overlay) {
        JsonNode resources = server(render(overlay)).path("resources");
        assertThat(resources.path("limits").has("cpu")).isTrue();
        assertThat(resources.path("limits").has("memory")).isTrue();
        assertThat(resources.path("limits").has("nvidia.com/gpu")).isEqualTo(overlay.endsWith("gpu"));
    }

    private static List<ObjectNode> render(String overlay) {
        return Kustomization.build(ManifestsTest.overlay(overlay));
    }

    private static JsonNode deployment(List<ObjectNode> resources) {
        return Manifests.only(resources, "Deployment");
    }

    private static JsonNode pod(List<ObjectNode> resources) {
        return deployment(resources).at("/spec/template/spec");
    }

    private static JsonNode server(List<ObjectNode> resources) {
        return pod(resources).at("/containers/0");
    }

    private static List<JsonNode> containers(List<ObjectNode> resources) {
        List<JsonNode> all = new ArrayList<>(Manifests.elements(pod(resources).path("containers")));
        all.addAll(Manifests.elements(pod(resources).path("initContainers")));
        return all;
    }

    private static Set<String> texts(JsonNode list, String field) {
        return Manifests.elements(list).stream().map(element -> element.path(field).asText()).collect(Collectors.toSet());
    }
}

package io.advunlearn.gateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The component for Prometheus and Grafana on the base. Which metrics the dashboard names is checked against a running gateway. */
class ObservabilityComponentTest {

    @TempDir
    private Path directory;
    private List<ObjectNode> rendered;

    @BeforeEach
    void render() throws IOException {
        Path only = Files.createDirectories(ManifestsTest.copy(directory).resolve("overlays/only"));
        Files.writeString(only.resolve("kustomization.yaml"), "{kind: Kustomization, resources: [../../base], components: [../../components/observability]}");
        rendered = Kustomization.build(only);
    }

    @Test
    void prometheusFindsTheManagementPortAlone() {
        JsonNode monitor = Manifests.only(rendered, "ServiceMonitor");
        assertThat(monitor.path("apiVersion").asText()).isEqualTo("monitoring.coreos.com/v1");
        assertThat(keys(monitor.path("spec"))).containsOnly("selector", "endpoints");
        JsonNode endpoint = monitor.at("/spec/endpoints/0");
        assertThat(keys(endpoint)).containsOnly("port", "path", "interval");
        JsonNode labels = monitor.at("/spec/selector/matchLabels");
        List<String> found = Manifests.ofKind(rendered, "Service").stream().filter(service -> service.at("/metadata/labels").equals(labels))
                .filter(service -> service.at("/spec/ports").findValuesAsText("name").contains(endpoint.path("port").asText()))
                .map(service -> service.at("/metadata/name").asText()).toList();
        assertThat(found).containsExactly("advunlearn-management");
        assertThat(endpoint.path("path").asText()).isEqualTo("/q/metrics");
    }

    @Test
    void grafanaFindsTheDashboard() throws IOException {
        JsonNode map = Manifests.byId(rendered).get("ConfigMap/advunlearn-dashboard");
        KubernetesApi.validate(map);
        assertThat(map.at("/metadata/labels/grafana_dashboard").asText()).isEqualTo("1");
        JsonNode dashboard = new ObjectMapper().readTree(map.at("/data").path("advunlearn.json").asText());
        assertThat(dashboard.path("uid").asText()).isEqualTo("advunlearn");
        Map<Integer, JsonNode> byId = new TreeMap<>();
        dashboard.path("panels").forEach(panel -> byId.put(panel.path("id").asInt(), panel));
        assertThat(byId).hasSameSizeAs(dashboard.path("panels"));
        assertThat(Manifests.elements(dashboard.path("panels"))).filteredOn(panel -> !panel.path("type").asText().equals("row"))
                .allSatisfy(panel -> assertThat(panel.path("targets").findValuesAsText("expr")).isNotEmpty().doesNotContain(""));
    }

    @Test
    void nothingElseChanges() {
        Map<String, JsonNode> base = Manifests.byId(Kustomization.build(Manifests.ROOT.resolve("base")));
        assertThat(Manifests.byId(rendered)).containsAllEntriesOf(base).hasSize(base.size() + 2);
    }

    private static List<String> keys(JsonNode node) {
        return node.properties().stream().map(Map.Entry::getKey).toList();
    }
}

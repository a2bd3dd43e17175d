package io.advunlearn.gateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Our rendering is kustomize's. The expected files were written by kustomize; after a change of a manifest write them again, for example
 * {@code kubectl kustomize k8s/overlays/cpu > src/gateway/src/test/resources/kubernetes/cpu.yaml}.
 */
class KustomizationTest {

    private static final List<String> OVERLAYS = Manifests.OVERLAYS;

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void rendersWhatKustomizeRendered(String overlay) throws IOException {
        assertThat(Manifests.byId(Kustomization.build(ManifestsTest.overlay(overlay)))).isEqualTo(expected(overlay));
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void kustomizeStillRendersTheSame(String overlay) throws Exception {
        List<String> command = installed("kustomize") ? List.of("kustomize", "build") : List.of("kubectl", "kustomize");
        assumeTrue(installed(command.get(0)), "neither kustomize nor kubectl is installed");
        Process process = new ProcessBuilder(command.get(0), command.get(1), ManifestsTest.overlay(overlay).toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String rendered = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        assertThat(Manifests.byId(Manifests.parse(rendered))).isEqualTo(expected(overlay));
    }

    @ParameterizedTest
    @CsvSource({"namePrefix: x-", "patchesStrategicMerge: []", "resources: [../base]", "components: [../base]",
        "'configMapGenerator: [{name: advunlearn, files: [a]}]'", "'configMapGenerator: [{name: other, behavior: merge, literals: [A=b]}]'",
        "'patches: [{target: {kind: Deployment, name: other}, patch: \"[]\"}]'"})
    void whatItDoesNotKnowIsAnError(String line, @TempDir Path directory) throws IOException {
        Path overlay = ManifestsTest.copy(directory).resolve("overlays/cpu/kustomization.yaml");
        Files.writeString(overlay, "kind: Kustomization\nresources: [../../base]\n" + line + "\n");
        assertThatThrownBy(() -> Kustomization.build(overlay.getParent())).isInstanceOf(RuntimeException.class);
    }

    @Test
    void aChangedSettingRestartsThePods(@TempDir Path directory) throws IOException {
        Path copy = ManifestsTest.copy(directory);
        Path base = copy.resolve("base/kustomization.yaml");
        String before = configMap(copy);
        Files.writeString(base, Files.readString(base).replace("=90s", "=91s"));
        assertThat(configMap(copy)).startsWith("advunlearn-").isNotEqualTo(before);
    }

    private static String configMap(Path root) {
        return Manifests.only(Kustomization.build(root.resolve("overlays/cpu")), "Deployment")
                .at("/spec/template/spec/containers/0/envFrom/0/configMapRef/name").asText();
    }

    private static Map<String, JsonNode> expected(String overlay) throws IOException {
        try (var file = KustomizationTest.class.getResourceAsStream("/kubernetes/" + overlay + ".yaml")) {
            return Manifests.byId(Manifests.parse(new String(file.readAllBytes(), StandardCharsets.UTF_8)));
        }
    }

    private static boolean installed(String program) {
        for (String directory : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }
}

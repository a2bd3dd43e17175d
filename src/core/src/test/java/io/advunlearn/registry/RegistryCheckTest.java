package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.registry.EncoderRegistry.Registration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A look at everything, and copies out of the registry. */
class RegistryCheckTest {

    @TempDir
    Path temporary;
    private Path root;
    private FileEncoderRegistry registry;

    @BeforeEach
    void open() {
        root = temporary.resolve("registry");
        registry = new FileEncoderRegistry(root, "replica-1");
        register("a", 1, "base");
        register("b", 2, "a");
        registry.label("a", Map.of("stage", "golden"), "alice");
        registry.advance("main", 0, "a", List.of(), "tester");
        registry.advance("main", 1, "b", List.of(), "tester");
    }

    private void register(String id, long seed, String parent) {
        registry.register(new TinyEncoder(seed).write(temporary.resolve("candidate")),
                new Registration(id, null, parent, List.of("church"), "advunlearn", "tester", null, new float[0]));
    }

    private String wrong() {
        List<RegistryFinding> wrong = registry.check().stream().filter(finding -> !finding.ok()).toList();
        assertThat(wrong).hasSize(1);
        return wrong.get(0).what() + ": " + wrong.get(0).detail();
    }

    @Test
    void aHealthyRegistry() throws IOException {
        Files.createDirectories(root.resolve("encoders/.tmp-crashed"));
        Files.writeString(root.resolve("audit/replica-1.jsonl"), "{\"at\":\"2026", StandardOpenOption.APPEND);
        List<RegistryFinding> findings = registry.check();
        assertThat(findings).allMatch(RegistryFinding::ok);
        assertThat(findings).extracting(RegistryFinding::what).containsExactly("leftover encoders/.tmp-crashed", "encoder a", "encoder b", "pipeline main",
                "audit replica-1.jsonl");
        assertThat(findings).filteredOn(finding -> finding.what().startsWith("pipeline")).extracting(RegistryFinding::detail)
                .containsExactly("generation 2 wants b");
    }

    @Test
    void everyKindOfDamageIsNamed() throws IOException {
        Path weights = root.resolve("encoders/a/model.safetensors");
        byte[] whole = Files.readAllBytes(weights);
        byte[] flipped = whole.clone();
        flipped[flipped.length - 3] ^= 1;
        Files.write(weights, flipped);
        assertThat(wrong()).startsWith("encoder a: ").contains("does not have the SHA-256");
        Files.write(weights, whole);

        Files.writeString(root.resolve("encoders/a/labels.json"), "{\"Stage\": \"x\"}");
        assertThat(wrong()).startsWith("encoder a: label must match");
        Files.delete(root.resolve("encoders/a/labels.json"));

        Files.createDirectory(root.resolve("encoders/Not an encoder"));
        assertThat(wrong()).startsWith("encoders/Not an encoder: is no encoder's name");
        Files.delete(root.resolve("encoders/Not an encoder"));

        Path state = root.resolve("pipelines/main/1.json");
        byte[] first = Files.readAllBytes(state);
        Files.delete(state);
        assertThat(wrong()).isEqualTo("pipeline main: generation 1 is missing");
        Files.write(state, first);

        Files.move(root.resolve("encoders/a"), temporary.resolve("elsewhere"));
        assertThat(registry.check()).filteredOn(finding -> !finding.ok()).extracting(RegistryFinding::what).containsExactly("encoder b", "pipeline main");
    }

    @Test
    void anExportedEncoderIsAFolderThatCanBeRegisteredAgain() throws IOException {
        Path target = temporary.resolve("out/exported");
        assertThat(EncoderExport.to(registry, "b", target).id()).isEqualTo("b");
        try (Stream<Path> files = Files.list(target)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("config.json", "model.safetensors", "manifest.json", "SHA256SUMS");
        }
        assertThat(target.resolve("model.safetensors")).hasSameBinaryContentAs(root.resolve("encoders/b/model.safetensors"));
        assertThat(registry.register(target, new Registration("again", null, "base", List.of(), "imported", "tester", null, new float[0])).digest())
                .isEqualTo(registry.encoder("b").orElseThrow().digest());
        assertThatThrownBy(() -> EncoderExport.to(registry, "b", target)).isInstanceOf(RegistryException.class).hasMessageContaining("exists already");
        assertThatThrownBy(() -> EncoderExport.to(registry, "nothing", target)).isInstanceOf(RegistryException.class).hasMessageContaining("no encoder 'nothing'");
        Files.createDirectory(temporary.resolve("empty"));
        EncoderExport.to(registry, "b", temporary.resolve("empty"));
        assertThat(temporary.resolve("empty/config.json")).exists();
    }

    @Test
    void whatWasChangedIsNotExported() throws IOException {
        Path weights = root.resolve("encoders/a/model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 3] ^= 1;
        Files.write(weights, bytes);
        assertThatThrownBy(() -> EncoderExport.to(registry, "a", temporary.resolve("out"))).isInstanceOf(RegistryException.class);
        assertThat(temporary.resolve("out")).doesNotExist();
    }
}

package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.registry.EncoderRegistry.Registration;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineageTest {

    private static final String BASE = "a".repeat(64);
    private static final LineageEntry CHURCH = new LineageEntry("church", "object", "advunlearn", "b".repeat(64), 1L);
    private static final LineageEntry DOG = new LineageEntry("dog", "object", "esd", "c".repeat(64), 2L);

    @TempDir
    private Path temporary;
    private FileEncoderRegistry registry;
    private Path folder;

    @BeforeEach
    void open() {
        registry = new FileEncoderRegistry(temporary.resolve("registry"), "replica-1");
        folder = new TinyEncoder(1).write(temporary.resolve("candidate"));
    }

    private EncoderManifest register(String id, String parent, List<String> erasures, List<LineageEntry> lineage) {
        return registry.register(folder, new Registration(id, BASE, parent, erasures, lineage, "advunlearn", "tester", null, new float[0]));
    }

    @Test
    void aStackedEncoderTellsItsParentAndEveryErasureInOrder() {
        EncoderManifest church = register("church-1", "base", List.of("church"), List.of(CHURCH));
        register("dog-1", "church-1", List.of("church", "dog"), List.of(CHURCH, DOG));
        EncoderManifest read = registry.encoder("dog-1").orElseThrow();

        assertThat(church.parentDigest()).isEqualTo(BASE);
        assertThat(read.parentDigest()).isEqualTo(church.digest());
        assertThat(read.lineage()).containsExactly(CHURCH, DOG);
        assertThat(read.erasures()).containsExactly("church", "dog");
    }

    @Test
    void withoutALineageTheParentsIsContinued() {
        register("church-1", "base", List.of("church"), List.of(CHURCH));
        assertThat(register("dog-1", "church-1", List.of("Church", "dog"), null).lineage())
                .containsExactly(CHURCH, new LineageEntry("dog", null, "advunlearn", null, null));
    }

    @Test
    void aLineageMayNotForgetItsParentsNorDifferFromTheErasures() {
        register("church-1", "base", List.of("church"), List.of(CHURCH));
        assertThatThrownBy(() -> register("dog-1", "church-1", List.of("church", "dog"), List.of(DOG))).isInstanceOf(RegistryException.class)
                .hasMessageContaining("lineage must begin with that of parent 'church-1'");
        assertThatThrownBy(() -> register("dog-1", "base", List.of("church", "dog"), List.of(DOG))).isInstanceOf(RegistryException.class)
                .hasMessageContaining("lineage must tell of the same concepts as erasures");
    }

    @Test
    void aManifestFromBeforeTheLineageIsRead() throws IOException {
        register("church-1", "base", List.of("church"), List.of(CHURCH));
        Path manifest = registry.directory("church-1").resolve("manifest.json");
        String old = Files.readString(manifest).replaceAll("(?s)\"lineage\" : \\[.*?],", "").replaceAll("\"parentDigest\" : \"[0-9a-f]*\",", "");
        Path sums = manifest.resolveSibling("SHA256SUMS");
        Files.writeString(sums, Files.readString(sums).replace(Sha256.of(manifest), Sha256.of(old.getBytes())));
        Files.writeString(manifest, old);

        EncoderManifest read = registry.encoder("church-1").orElseThrow();
        assertThat(old).doesNotContain("lineage");
        assertThat(read.history()).containsExactly(new LineageEntry("church", null, "advunlearn", null, null));
    }
}

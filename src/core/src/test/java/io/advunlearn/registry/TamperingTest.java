package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What changes on disk after registration is noticed when it is read. */
class TamperingTest {

    @TempDir
    Path temporary;
    private FileEncoderRegistry registry;
    private Path directory;

    @BeforeEach
    void register() {
        registry = new FileEncoderRegistry(temporary.resolve("registry"), "replica-1");
        registry.register(new TinyEncoder(1).write(temporary.resolve("candidate")), RegisterTest.registration("church-1"));
        directory = registry.directory("church-1");
    }

    private void replaceInManifest(String old, String replacement) throws IOException {
        Path manifest = directory.resolve("manifest.json");
        String text = Files.readString(manifest);
        assertThat(text).contains(old);
        Files.writeString(manifest, text.replace(old, replacement));
    }

    private void assertRefused(String message) {
        assertThatThrownBy(() -> registry.encoder("church-1")).isInstanceOf(RegistryException.class).hasMessageContaining(message);
        assertThatThrownBy(() -> registry.advance("main", 0, "church-1", java.util.List.of(), "tester")).isInstanceOf(RegistryException.class);
        assertThat(registry.encoders()).isEmpty();
    }

    /** Makes the sums agree, so that the rules behind them are reached. */
    private void resealManifest() throws IOException {
        Path sums = directory.resolve("SHA256SUMS");
        String digest = io.advunlearn.tensor.Sha256.of(directory.resolve("manifest.json"));
        Files.writeString(sums, Files.readString(sums).replaceAll("[0-9a-f]{64}(?=  manifest)", digest));
    }

    @Test
    void anErasureAddedByHand() throws IOException {
        replaceInManifest("[ \"church\" ]", "[ \"church\", \"horse\" ]");
        assertRefused("manifest.json of encoder 'church-1' was changed");
    }

    @Test
    void aConfigChangedByHand() throws IOException {
        Files.writeString(directory.resolve("config.json"), TinyEncoder.configJson(8, "gelu"));
        assertRefused("config.json of encoder 'church-1' was changed");
    }

    @Test
    void aManifestOfAnotherEncoder() throws IOException {
        replaceInManifest("\"id\" : \"church-1\"", "\"id\" : \"other\"");
        resealManifest();
        assertRefused("id must be the directory's name");
    }

    @Test
    void anUnknownField() throws IOException {
        replaceInManifest("\"method\"", "\"trusted\" : true, \"method\"");
        resealManifest();
        assertRefused("trusted");
    }

    @Test
    void aMissingField() throws IOException {
        replaceInManifest("\"erasures\" : [ \"church\" ],", "");
        resealManifest();
        assertRefused("erasures");
    }

    @Test
    void aDigestThatIsNone() throws IOException {
        replaceInManifest(registry.encoder("church-1").orElseThrow().digest(), "d41d8cd9");
        resealManifest();
        assertRefused("digest must be a SHA-256");
    }

    @Test
    void aManifestCutInTheMiddle() throws IOException {
        Path manifest = directory.resolve("manifest.json");
        Files.writeString(manifest, Files.readString(manifest).substring(0, 200));
        resealManifest();
        assertRefused("cannot be read");
    }

    @Test
    void aManifestThatIsALink() throws IOException {
        Files.move(directory.resolve("manifest.json"), temporary.resolve("elsewhere.json"));
        Files.createSymbolicLink(directory.resolve("manifest.json"), temporary.resolve("elsewhere.json"));
        assertRefused("missing or a link");
    }

    @Test
    void anEncoderThatIsALink() throws IOException {
        Files.move(directory, temporary.resolve("elsewhere"));
        Files.createSymbolicLink(directory, temporary.resolve("elsewhere"));
        assertRefused("is a link");
    }

    @Test
    void oneFlippedBitInTheWeightsIsFoundByVerify() throws IOException {
        byte[] weights = Files.readAllBytes(directory.resolve("model.safetensors"));
        weights[weights.length - 3] ^= 1;
        Files.write(directory.resolve("model.safetensors"), weights);
        assertThatThrownBy(() -> registry.verify("church-1")).isInstanceOf(RegistryException.class)
                .hasMessageContaining("text_model.final_layer_norm.bias does not have the SHA-256");
    }

    @Test
    void oneFlippedBitInTheHeaderIsFoundByVerify() throws IOException {
        byte[] weights = Files.readAllBytes(directory.resolve("model.safetensors"));
        int space = new String(weights, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("F32");
        weights[space + 1] ^= 1;
        Files.write(directory.resolve("model.safetensors"), weights);
        assertThatThrownBy(() -> registry.verify("church-1")).isInstanceOf(RegistryException.class).hasMessageContaining("model.safetensors");
    }
}

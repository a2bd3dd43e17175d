package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.registry.EncoderManifest.TensorInfo;
import io.advunlearn.registry.EncoderRegistry.Registration;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which folders are registered: both kinds of text encoder, in every form in which their weights are published. */
class EncoderFoldersTest {

    @TempDir
    private Path temporary;
    private FileEncoderRegistry registry;
    private Path candidate;

    @BeforeEach
    void open() {
        registry = new FileEncoderRegistry(temporary.resolve("registry"), "replica-1");
        candidate = temporary.resolve("candidate");
    }

    private EncoderManifest register(String id) {
        return registry.register(candidate, RegisterTest.registration(id));
    }

    /** What a folder with one plain file gives. */
    private Map<String, TensorInfo> tensors(TinyEncoder encoder) {
        return registry.register(encoder.write(temporary.resolve("whole")), RegisterTest.registration("whole")).tensors();
    }

    @Test
    void bothKindsAreRegisteredAndTheManifestSaysWhich() throws IOException {
        new TinyEncoder(1).write(candidate);
        assertThat(register("first").architecture()).isEqualTo(EncoderKind.CLIP_TEXT_MODEL);
        new TinyEncoder(2).withProjection().write(candidate);
        EncoderManifest second = register("second");
        assertThat(second.architecture()).isEqualTo(EncoderKind.CLIP_TEXT_MODEL_WITH_PROJECTION);
        assertThat(second.tensors().get("text_projection.weight").shape()).containsExactly(8L, 8L);
        assertThat(registry.encoder("second").orElseThrow()).usingRecursiveComparison().isEqualTo(second);
        assertThat(registry.verify("second").erasures()).containsExactly("church");
        assertThat(Files.readString(registry.directory("second").resolve("manifest.json"))).contains("\"architecture\" : \"CLIPTextModelWithProjection\"");
    }

    @Test
    void aConfigurationThatNamesNoClassIsToldByItsTensors() {
        TinyEncoder encoder = new TinyEncoder(2).withProjection();
        encoder.config = encoder.config.replaceAll("\"architectures\": \\[.*?], ", "");
        encoder.write(candidate);
        assertThat(register("second").architecture()).isEqualTo(EncoderKind.CLIP_TEXT_MODEL_WITH_PROJECTION);
    }

    @Test
    void aConfigurationOfAnotherClassThanItsTensorsIsRefused() {
        TinyEncoder encoder = new TinyEncoder(2).withProjection();
        encoder.config = encoder.config.replace("WithProjection", "");
        encoder.write(candidate);
        assertThatThrownBy(() -> register("second")).isInstanceOf(RegistryException.class)
                .hasMessageContaining("tensors that a CLIPTextModel of this config.json does not have: text_projection.weight");
        encoder.config = encoder.config.replace("CLIPTextModel", "T5EncoderModel");
        encoder.write(candidate);
        assertThatThrownBy(() -> register("second")).isInstanceOf(RegistryException.class)
                .hasMessageContaining("config.json: architectures is \"T5EncoderModel\"; accepted: CLIPTextModel, CLIPTextModelWithProjection");
    }

    @Test
    void aParentIsOfTheSameKind() {
        new TinyEncoder(1).write(candidate);
        register("first");
        new TinyEncoder(2).withProjection().write(candidate);
        Registration child = new Registration("second", null, "first", List.of("church"), "imported", "tester", null, new float[0]);
        assertThatThrownBy(() -> registry.register(candidate, child)).isInstanceOf(RegistryException.class)
                .hasMessage("encoder 'first' is a CLIPTextModel, the parent of a CLIPTextModelWithProjection must be a CLIPTextModelWithProjection");
        assertThat(registry.encoder("second")).isEmpty();
    }

    @Test
    void aManifestFromBeforeTheKindsIsACLIPTextModel() throws IOException {
        new TinyEncoder(1).write(candidate);
        register("old");
        Path manifest = registry.directory("old").resolve("manifest.json");
        String old = Files.readString(manifest).replaceAll("\"architecture\" : \"[A-Za-z]*\",", "");
        Path sums = manifest.resolveSibling("SHA256SUMS");
        Files.writeString(sums, Files.readString(sums).replace(Sha256.of(manifest), Sha256.of(old.getBytes())));
        Files.writeString(manifest, old);
        assertThat(old).doesNotContain("architecture");
        assertThat(registry.encoder("old").orElseThrow().architecture()).isEqualTo(EncoderKind.CLIP_TEXT_MODEL);
        assertThat(registry.verify("old").id()).isEqualTo("old");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".fp16"})
    void shardsBecomeOneFileWithTheSameBytes(String variant) {
        TinyEncoder encoder = new TinyEncoder(3).withProjection().dtype("F16");
        encoder.writeShards(candidate, variant);
        EncoderManifest manifest = register("sharded");
        assertThat(manifest.tensors()).usingRecursiveComparison().isEqualTo(tensors(encoder));
        assertThat(manifest.tensors().get("text_projection.weight").dtype()).isEqualTo("F16");
        assertThat(registry.directory("sharded").toFile().list()).containsExactlyInAnyOrder("config.json", "model.safetensors", "manifest.json", "SHA256SUMS");
        assertThat(registry.verify("sharded").digest()).isEqualTo(manifest.digest());
    }

    @Test
    void thePositionIdsOfAShardAreKept() {
        TinyEncoder encoder = new TinyEncoder(3);
        TinyEncoder.Tensor ids = new TinyEncoder.Tensor(new long[] {1, 8}, new float[] {0, 1, 2, 3, 4, 5, 6, 7});
        ids.dtype = "I64";
        encoder.tensors.put("text_model.embeddings.position_ids", ids);
        encoder.writeShards(candidate, "");
        assertThat(register("sharded").tensors().get("text_model.embeddings.position_ids").dtype()).isEqualTo("I64");
    }

    @Test
    void theHalfPrecisionVariantStandsInForAMissingPlainFile() throws IOException {
        TinyEncoder encoder = new TinyEncoder(3).dtype("F16");
        Files.move(encoder.write(candidate).resolve("model.safetensors"), candidate.resolve("model.fp16.safetensors"));
        EncoderManifest manifest = register("variant");
        assertThat(registry.directory("variant").resolve("model.safetensors")).hasBinaryContent(encoder.bytes());
        assertThat(manifest.tensors()).usingRecursiveComparison().isEqualTo(tensors(encoder));
    }

    @Test
    void aMissingOrLinkedShardIsNamed() throws IOException {
        new TinyEncoder(3).writeShards(candidate, "");
        Path shard = candidate.resolve("model-00002-of-00002.safetensors");
        Path elsewhere = Files.move(shard, temporary.resolve("elsewhere"));
        assertThatThrownBy(() -> register("faulty")).isInstanceOf(RegistryException.class)
                .hasMessageContaining(shard.getFileName() + " (safetensors weights) is missing");
        Files.createSymbolicLink(shard, elsewhere);
        assertThatThrownBy(() -> register("faulty")).isInstanceOf(RegistryException.class).hasMessageContaining(shard.getFileName() + " is a symbolic link");
        Files.delete(shard);
        Files.write(shard, new byte[] {(byte) 0x80, 2, '}', 'q', 0, '(', 'X', 5, 0, 0, 0, '.'});
        assertThatThrownBy(() -> register("faulty")).isInstanceOf(RegistryException.class).hasMessageStartingWith(shard.getFileName().toString())
                .hasMessageContaining("pickle").hasMessageNotContaining(temporary.toString());
        assertThat(temporary.resolve("registry/encoders")).isEmptyDirectory();
    }

    @Test
    void anIndexMayNotNameAFileElsewhere() throws IOException {
        new TinyEncoder(3).writeShards(candidate, "");
        Path index = candidate.resolve("model.safetensors.index.json");
        Files.writeString(index, Files.readString(index).replace("model-00001-of", "../model-00001-of"));
        assertThatThrownBy(() -> register("faulty")).isInstanceOf(RegistryException.class).hasMessageContaining("in the same folder");
    }
}

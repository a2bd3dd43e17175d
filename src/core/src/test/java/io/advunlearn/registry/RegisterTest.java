package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.registry.EncoderRegistry.Registration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegisterTest {

    private static final String FC1 = "text_model.encoder.layers.1.mlp.fc1.weight";

    @TempDir
    Path temporary;
    private Path root;
    private FileEncoderRegistry registry;

    @BeforeEach
    void open() {
        root = temporary.resolve("registry");
        registry = new FileEncoderRegistry(root, "replica-1");
    }

    static Registration registration(String id) {
        return new Registration(id, null, "base", List.of("church"), "advunlearn", "tester", null, new float[0]);
    }

    private Path folder(Consumer<TinyEncoder> change) {
        return new TinyEncoder(1).with(change).write(temporary.resolve("candidate"));
    }

    @Test
    void aRegisteredEncoderIsDescribedByItsManifest() throws Exception {
        Path folder = folder(encoder -> { });
        byte[] weights = Files.readAllBytes(folder.resolve("model.safetensors"));

        EncoderManifest manifest = registry.register(folder, registration("church-1"));

        assertThat(manifest.digest()).isEqualTo(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(weights)));
        assertThat(registry.directory("church-1").resolve("model.safetensors")).hasBinaryContent(weights);
        EncoderManifest read = registry.encoder("church-1").orElseThrow();
        assertThat(read).usingRecursiveComparison().isEqualTo(manifest);
        assertThat(read.erasures()).containsExactly("church");
        assertThat(read.tensors().get(FC1).shape()).containsExactly(16L, 8L);
        assertThat(registry.verify("church-1").id()).isEqualTo("church-1");
        assertThat(registry.encoders()).extracting(EncoderManifest::id).containsExactly("church-1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"F16", "BF16"})
    void halfPrecisionFilesAreAccepted(String dtype) {
        assertThat(registry.register(folder(encoder -> encoder.dtype(dtype)), registration("half")).tensors().get(FC1).dtype()).isEqualTo(dtype);
    }

    @Test
    void thePositionIdsOfOldCheckpointsAreTolerated() {
        TinyEncoder.Tensor ids = new TinyEncoder.Tensor(new long[] {1, 8}, new float[] {0, 1, 2, 3, 4, 5, 6, 7});
        ids.dtype = "I64";
        registry.register(folder(encoder -> encoder.tensors.put("text_model.embeddings.position_ids", ids)), registration("old"));
        assertThat(registry.encoder("old")).isPresent();
    }

    record Fault(String name, Consumer<TinyEncoder> change, String message) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Fault> faults() {
        return Stream.of(
                new Fault("missing tensor", encoder -> encoder.tensors.remove(FC1), "missing: " + FC1),
                new Fault("extra tensor", encoder -> encoder.tensors.put("backdoor.weight", new TinyEncoder.Tensor(new long[] {1}, new float[1])),
                        "does not have: backdoor.weight"),
                new Fault("wrong shape", encoder -> encoder.tensors.get(FC1).shape = new long[] {8, 16}, FC1 + " has shape [8, 16]"),
                new Fault("wrong dtype", encoder -> encoder.tensors.get(FC1).dtype = "F64", FC1 + " has dtype F64"),
                new Fault("integer dtype", encoder -> encoder.tensors.get(FC1).dtype = "I64", FC1 + " has dtype I64"),
                new Fault("NaN", encoder -> encoder.tensors.get(FC1).values[3] = Float.NaN, FC1 + " holds NaN at index 3"),
                new Fault("infinity", encoder -> encoder.tensors.get(FC1).values[0] = Float.POSITIVE_INFINITY, FC1 + " holds Infinity"),
                new Fault("config of another width", encoder -> encoder.config = TinyEncoder.configJson(16, "quick_gelu"), "has shape"),
                new Fault("config that is not JSON", encoder -> encoder.config = "hidden_size: 8", "config.json"));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void aFaultyEncoderIsRefusedAndLeavesNothing(Fault fault) throws IOException {
        assertThatThrownBy(() -> registry.register(folder(fault.change()), registration("faulty")))
                .isInstanceOf(RegistryException.class).hasMessageContaining(fault.message()).hasMessageNotContaining(root.toString());
        assertNothingRegistered();
    }

    private void assertNothingRegistered() throws IOException {
        assertThat(registry.encoder("faulty")).isEmpty();
        try (Stream<Path> left = Files.list(root.resolve("encoders"))) {
            assertThat(left).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 100, -1})
    void aTruncatedFileIsRefused(int length) throws IOException {
        Path folder = folder(encoder -> { });
        byte[] whole = Files.readAllBytes(folder.resolve("model.safetensors"));
        Files.write(folder.resolve("model.safetensors"), Arrays.copyOf(whole, length < 0 ? whole.length - 1 : length));
        assertThatThrownBy(() -> registry.register(folder, registration("faulty")))
                .isInstanceOf(RegistryException.class).hasMessageContaining("model.safetensors");
        assertNothingRegistered();
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch_model.bin", "encoder.ckpt", "encoder.pt"})
    void aPickleIsRefusedWithTheWayToConvertIt(String name) throws IOException {
        Path folder = folder(encoder -> { });
        Files.move(folder.resolve("model.safetensors"), folder.resolve(name));
        assertThatThrownBy(() -> registry.register(folder, registration("faulty"))).isInstanceOf(RegistryException.class)
                .hasMessageContaining(name).hasMessageContaining("safe_serialization=True");
        assertNothingRegistered();
    }

    @Test
    void aPickleUnderTheNameOfSafetensorsIsRefused() throws IOException {
        Path folder = folder(encoder -> { });
        Files.write(folder.resolve("model.safetensors"), new byte[] {(byte) 0x80, 2, '}', 'q', 0, '(', 'X', 5, 0, 0, 0, '.'});
        assertThatThrownBy(() -> registry.register(folder, registration("faulty"))).isInstanceOf(RegistryException.class)
                .hasMessageContaining("pickle").hasMessageContaining("safe_serialization=True");
    }

    @Test
    void aPickleBesideSafetensorsIsNotCopied() throws IOException {
        Path folder = folder(encoder -> { });
        Files.write(folder.resolve("pytorch_model.bin"), new byte[] {(byte) 0x80, 2});
        registry.register(folder, registration("both"));
        assertThat(registry.directory("both").resolve("pytorch_model.bin")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.safetensors", "config.json"})
    void aSymbolicLinkIsRefused(String name) throws IOException {
        Path folder = folder(encoder -> { });
        Files.move(folder.resolve(name), temporary.resolve("elsewhere"));
        Files.createSymbolicLink(folder.resolve(name), temporary.resolve("elsewhere"));
        assertThatThrownBy(() -> registry.register(folder, registration("faulty"))).isInstanceOf(RegistryException.class)
                .hasMessageContaining(name + " is a symbolic link");
        assertNothingRegistered();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "../escape", "a/b", "A", ".hidden", "a\0b", "a b", "/etc", "base",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    void anIdThatIsNoPlainNameIsRefused(String id) {
        Path folder = folder(encoder -> { });
        assertThatThrownBy(() -> registry.register(folder, registration(id))).isInstanceOf(RegistryException.class).hasMessageContaining("id");
        assertThat(temporary.resolve("registry/escape")).doesNotExist();
    }

    @Test
    void anIdIsNeverReused() {
        Path folder = folder(encoder -> { });
        registry.register(folder, registration("church-1"));
        assertThatThrownBy(() -> registry.register(folder, registration("church-1")))
                .isInstanceOf(ConflictException.class).hasMessageContaining("'church-1' exists already");
    }

    @Test
    void ofTwoThatRegisterOneIdExactlyOneWins() throws Exception {
        for (int round = 0; round < 10; round++) {
            String id = "raced-" + round;
            List<Path> folders = List.of(new TinyEncoder(1).write(temporary.resolve("one")), new TinyEncoder(2).write(temporary.resolve("two")));
            List<CompletableFuture<String>> attempts = folders.stream().map(folder -> CompletableFuture.supplyAsync(() -> {
                try {
                    return new FileEncoderRegistry(root, "racer").register(folder, registration(id)).digest();
                } catch (ConflictException e) {
                    return "";
                }
            })).toList();
            List<String> won = attempts.stream().map(CompletableFuture::join).filter(digest -> !digest.isEmpty()).toList();
            assertThat(won).hasSize(1);
            assertThat(registry.verify(id).digest()).isEqualTo(won.get(0));
        }
    }

    @Test
    void aChildMayNotLoseItsParentsErasures() {
        Path folder = folder(encoder -> { });
        registry.register(folder, registration("church-1"));
        Registration child = new Registration("horse-1", null, "church-1", List.of("horse"), "advunlearn", "tester", null, new float[0]);
        assertThatThrownBy(() -> registry.register(folder, child)).isInstanceOf(RegistryException.class).hasMessageContaining("missing: church");
        Registration orphan = new Registration("horse-1", null, "unknown", List.of("horse"), "advunlearn", "tester", null, new float[0]);
        assertThatThrownBy(() -> registry.register(folder, orphan)).isInstanceOf(RegistryException.class).hasMessageContaining("'unknown'");
    }

    @Test
    void leftoversOfACrashAreInvisibleAndCleanedOnceOld() throws IOException {
        Path old = Files.createDirectories(root.resolve("encoders/.tmp-crashed"));
        Files.writeString(old.resolve("model.safetensors"), "half of it");
        Path young = Files.createDirectories(root.resolve("encoders/.tmp-at-work"));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minusSeconds(3 * 3600)));

        FileEncoderRegistry reopened = new FileEncoderRegistry(root, "replica-1", Duration.ofHours(1));

        assertThat(reopened.encoders()).isEmpty();
        assertThat(old).doesNotExist();
        assertThat(young).exists();
    }

    @Test
    void attachmentsLieBesideTheEncoderAndNowhereElse() {
        registry.register(folder(encoder -> { }), registration("church-1"));
        registry.attach("church-1", "report.json", "{}".getBytes());
        registry.attach("church-1", "report.json", "{\"a\":1}".getBytes());
        registry.attach("church-1", "samples/seed-1.png", new byte[] {1, 2, 3});
        assertThat(registry.attachment("church-1", "report.json")).contains("{\"a\":1}".getBytes());
        assertThat(registry.attachment("church-1", "samples/seed-1.png")).contains(new byte[] {1, 2, 3});
        assertThat(registry.attachment("church-1", "samples/none.png")).isEmpty();
        for (String name : List.of("manifest.json", "../report.json", "samples/../manifest.json", "samples/a.html", "model.safetensors")) {
            assertThatThrownBy(() -> registry.attach("church-1", name, new byte[1])).isInstanceOf(RegistryException.class)
                    .hasMessageContaining("report.json or samples/<name>.png");
        }
    }
}

package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.advunlearn.TestDevice;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.registry.TinyEncoder;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is wrong with an encoder, it is refused with a reason, freed, and the old one goes on serving. */
class EncoderFaultsTest {

    private static final String BIAS = "text_model.final_layer_norm.bias";
    private static final String SCALE = "text_model.final_layer_norm.weight";

    @TempDir
    Path folder;
    private SlotFixture fixture;
    private ComponentSource good;
    private Path weights;

    @BeforeEach
    void load() {
        load(DataType.FLOAT32);
    }

    private void load(DataType type) {
        fixture = new SlotFixture(folder, ErasureFloor.NONE, false, new TinyEncoder(0), type);
        fixture.register("old", 1, "church");
        fixture.register("new", 2, "church");
        fixture.slot.swap(SwapRequest.of(fixture.source("old"), 1));
        good = fixture.source("new");
        weights = good.directory().resolve("model.safetensors");
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private void assertRefused(ComponentSource source, String message) {
        float[] before = fixture.encodeActive();
        assertThatThrownBy(() -> fixture.slot.swap(SwapRequest.of(source, 2))).isInstanceOf(SwapException.class)
                .hasMessageContaining("encoder 'new'").hasMessageContaining(message).hasMessageNotContaining(folder.toString());
        assertThat(fixture.slot.status().encoder()).isEqualTo("old");
        assertThat(fixture.slot.status().generation()).isEqualTo(1);
        assertThat(fixture.encodeActive()).containsExactly(before);
        assertThat(fixture.loadedEncoders()).as("only the old encoder is in memory").isEqualTo(1);
    }

    /** What a forger would write: digests that fit the file. */
    private ComponentSource matching(TinyEncoder encoder) throws IOException {
        encoder.write(good.directory());
        Map<String, String> digests = new HashMap<>();
        try (Safetensors file = Safetensors.open(weights)) {
            file.tensors().keySet().forEach(name -> digests.put(name, file.sha256(name)));
        }
        return new ComponentSource("new", good.directory(), Sha256.of(weights), good.erasures(), digests, null, new float[0]);
    }

    @Test
    void aFlippedBit() throws IOException {
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length / 2] ^= 4;
        Files.write(weights, bytes);
        assertRefused(good, "its manifest says " + good.digest());
    }

    @Test
    void aTruncatedFile() throws IOException {
        byte[] bytes = Files.readAllBytes(weights);
        Files.write(weights, Arrays.copyOf(bytes, bytes.length - 4));
        assertRefused(good, "its manifest says");
    }

    @Test
    void aMissingFile() throws IOException {
        Files.delete(weights);
        assertRefused(good, "could not be read");
    }

    @Test
    void anotherEncodersWeights() throws IOException {
        Files.copy(fixture.source("old").directory().resolve("model.safetensors"), weights, StandardCopyOption.REPLACE_EXISTING);
        assertRefused(good, "its manifest says");
    }

    @Test
    void aTensorThatIsNotThePromisedOne() {
        Map<String, String> digests = new HashMap<>(good.tensorDigests());
        digests.put(BIAS, digests.get(SCALE));
        assertRefused(new ComponentSource("new", good.directory(), good.digest(), List.of(), digests, null, new float[0]), "tensor " + BIAS);
    }

    @Test
    void aTensorTheManifestDoesNotName() {
        Map<String, String> digests = new HashMap<>(good.tensorDigests());
        digests.remove(BIAS);
        assertRefused(new ComponentSource("new", good.directory(), good.digest(), List.of(), digests, null, new float[0]), "different tensors");
    }

    @Test
    void aNaNWhoseDigestFits() throws IOException {
        assertRefused(matching(new TinyEncoder(2).with(encoder -> encoder.tensors.get(BIAS).values[1] = Float.NaN)), BIAS + " holds NaN");
    }

    @Test
    void anExtraTensorWhoseDigestFits() throws IOException {
        TinyEncoder encoder = new TinyEncoder(2);
        encoder.tensors.put("backdoor", encoder.tensors.get(BIAS));
        assertRefused(matching(encoder), "does not have: backdoor");
    }

    @Test
    void aMissingTensorWhoseDigestsFit() throws IOException {
        assertRefused(matching(new TinyEncoder(2).with(encoder -> encoder.tensors.remove(BIAS))), "missing: " + BIAS);
    }

    @Test
    void anotherArchitecture() throws IOException {
        Files.writeString(good.directory().resolve("config.json"), TinyEncoder.configJson(8, "gelu"));
        assertRefused(good, "hidden_act is gelu, this pipeline needs quick_gelu");
        Files.writeString(good.directory().resolve("config.json"), TinyEncoder.configJson(16, "quick_gelu"));
        assertRefused(good, "hidden_size is 16, this pipeline needs 8");
    }

    @Test
    void finiteWeightsWithAnInfiniteOutput() throws IOException {
        assertRefused(matching(new TinyEncoder(2).with(encoder -> Arrays.fill(encoder.tensors.get(SCALE).values, Float.MAX_VALUE))),
                "output of the reference prompt");
    }

    @Test
    void aReferenceOutputThatIsNotReached() {
        float[] reference = {1, 2, 3};
        assertRefused(new ComponentSource("new", good.directory(), good.digest(), List.of(), good.tensorDigests(), "photo", reference),
                "the reference prompt's output differs");
        assertRefused(new ComponentSource("new", good.directory(), good.digest(), List.of(), good.tensorDigests(), "photo", new float[9]),
                "has 9 values, the encoder gives 8");
    }

    @Test
    void aReferenceOutputThatIsReached() {
        float[] hidden;
        fixture.slot.swap(SwapRequest.of(good, 2));
        try (ComponentSlot.Lease<ClipTextModel> lease = fixture.slot.acquire(); NDManager manager = NDManager.newBaseManager(TestDevice.any())) {
            int eos = "photo".length();
            hidden = lease.snapshot().network().encode(manager, new int[][] {SlotFixture.ids("photo")}).get(0).get(eos).toFloatArray();
        }
        assertThat(fixture.loader.referenceOutput(good.directory(), "photo")).as("what is recorded at registration").containsExactly(hidden);
        fixture.slot.swap(SwapRequest.base(3, false));
        fixture.slot.swap(SwapRequest.of(fixture.source("old"), 4));
        float[] first = Arrays.copyOf(hidden, 5);
        SwapResult result = fixture.slot.swap(new SwapRequest(
                new ComponentSource("new", good.directory(), good.digest(), List.of(), good.tensorDigests(), "photo", first), 5, false));
        assertThat(result.encoder()).isEqualTo("new");
        assertThat(result.verifyMillis()).as("it was loaded and checked again").isPositive();
    }

    /** A pipeline in half precision is an installation of its own. */
    private void reloadInHalf() {
        fixture.close();
        folder = folder.resolve("half");
        load(DataType.FLOAT16);
    }

    @ParameterizedTest
    @ValueSource(strings = {"F32", "F16", "BF16"})
    void memoryThatDiffersFromTheFileInOneBit(String dtype) throws IOException {
        fixture.memory = EncoderFaultsTest::withOneWrongBit;
        assertRefused(matching(new TinyEncoder(2).dtype(dtype)), "in device memory differs from the file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"F32", "F16", "BF16"})
    void memoryInHalfPrecisionThatDiffersFromTheFileInOneBit(String dtype) throws IOException {
        reloadInHalf();
        fixture.memory = EncoderFaultsTest::withOneWrongBit;
        assertRefused(matching(new TinyEncoder(2).dtype(dtype)), "in device memory differs from the file");
    }

    /** A device on which one bit of every bias and scale turns over. */
    private static NDManager withOneWrongBit(NDManager manager) {
        return (NDManager) Proxy.newProxyInstance(NDManager.class.getClassLoader(), new Class<?>[] {NDManager.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("create") && arguments[0] instanceof ByteBuffer buffer && List.of(32, 16).contains(buffer.remaining())) {
                        buffer.put(9, (byte) (buffer.get(9) ^ 1));
                    }
                    return method.invoke(manager, arguments);
                });
    }

    /** Outputs are recorded in fp32, wherever an encoder is registered. */
    @Test
    void aReferenceOutputIsReachedInHalfPrecision() {
        float[] recorded = fixture.loader.referenceOutput(good.directory(), "photo");
        reloadInHalf();
        assertThat(fixture.loader.referenceOutput(good.directory(), "photo")).containsExactly(recorded);
        ComponentSource source = new ComponentSource("new", good.directory(), good.digest(), List.of(), good.tensorDigests(), "photo", recorded);
        assertThat(fixture.slot.swap(SwapRequest.of(source, 2)).digest()).as("of the file, not of what is in memory").isEqualTo(good.digest());
        recorded[0] += 1;
        fixture.slot.swap(SwapRequest.of(fixture.source("old"), 3));
        ComponentSource wrong = new ComponentSource("third", good.directory(), good.digest(), List.of(), good.tensorDigests(), "photo", recorded);
        assertThatThrownBy(() -> fixture.slot.swap(SwapRequest.of(wrong, 4))).isInstanceOf(SwapException.class).hasMessageContaining("output differs");
    }

    @Test
    void weightsThatHalfPrecisionCannotHold() throws IOException {
        reloadInHalf();
        assertRefused(matching(new TinyEncoder(2).with(encoder -> encoder.tensors.get(SCALE).values[0] = 1e5f)),
                SCALE + " holds 100000.0; float16 ends at 65504");
    }

    @Test
    void everyFormatServesInHalfPrecision() {
        reloadInHalf();
        long generation = 2;
        for (String dtype : List.of("F32", "F16", "BF16")) {
            fixture.register(dtype.toLowerCase(Locale.ROOT), new TinyEncoder(3).dtype(dtype), "church");
            fixture.slot.swap(SwapRequest.of(fixture.source(dtype.toLowerCase(Locale.ROOT)), generation++));
            try (ComponentSlot.Lease<ClipTextModel> lease = fixture.slot.acquire()) {
                assertThat(lease.snapshot().network().weights().dataType()).isEqualTo(DataType.FLOAT16);
            }
            assertThat(fixture.encodeActive()).doesNotContain(Float.NaN);
        }
    }

    @Test
    void halfPrecisionFilesServeInFp32() throws IOException {
        fixture.register("half", new TinyEncoder(3).dtype("BF16"), "church");
        assertThat(fixture.slot.swap(SwapRequest.of(fixture.source("half"), 2)).encoder()).isEqualTo("half");
        fixture.register("half16", new TinyEncoder(3).dtype("F16"), "church");
        assertThat(fixture.slot.swap(SwapRequest.of(fixture.source("half16"), 3)).encoder()).isEqualTo("half16");
    }
}

package io.advunlearn.djlserving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoopTranslator;
import io.advunlearn.service.json.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A traced text encoder as a DJL model, replaced while it serves. */
class TracedEncoderTest {

    private static final String NAME = "text_encoder";

    @TempDir
    static Path registry;

    @TempDir
    Path work;

    private Path directory;

    @BeforeAll
    static void configure() {
        System.setProperty("advunlearn.registry-directory", registry.toString());
        System.setProperty("advunlearn.replica", "test");
    }

    @BeforeEach
    void writeTheOriginal() throws IOException {
        directory = work.resolve(NAME);
        TorchScriptFixture.encoder(directory.resolve(NAME + ".pt"), "torch.unsqueeze(torch.mul(x, 2.), -1)");
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }

    private ZooModel<NDList, NDList> load(Map<String, String> properties) throws Exception {
        Map<String, String> arguments = new HashMap<>(properties);
        arguments.put("blockFactory", TracedEncoderBlockFactory.class.getName());
        Criteria.Builder<NDList, NDList> criteria = Criteria.builder().setTypes(NDList.class, NDList.class).optModelPath(directory)
                .optEngine("PyTorch").optDevice(Device.cpu()).optOption("hasParameter", "false").optTranslator(new NoopTranslator());
        arguments.forEach(criteria::optArgument);
        return criteria.build().loadModel();
    }

    private static float encode(ZooModel<NDList, NDList> model) throws Exception {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch"); Predictor<NDList, NDList> predictor = model.newPredictor()) {
            NDList output = predictor.predict(new NDList(manager.create(new long[] {5, 7}).expandDims(0)));
            return output.head().toFloatArray()[1];
        }
    }

    private static Answer put(String module) {
        return DjlServingHost.get().tracedEncoders().put(NAME, ("{\"module\": \"" + module + "\"}").getBytes(StandardCharsets.UTF_8), "tester");
    }

    private static String text(Answer answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    @Test
    void isReplacedAndRestored() throws Exception {
        Path safe = TorchScriptFixture.encoder(work.resolve("safe.pt"), "torch.unsqueeze(torch.mul(x, 3.), -1)");
        try (ZooModel<NDList, NDList> model = load(Map.of("replacement.file", safe.toString(), "replacement.sha256", sha256(safe)))) {
            assertThat(encode(model)).isEqualTo(14);
            Answer replaced = put("replacement");
            assertThat(replaced.status()).isEqualTo(200);
            assertThat(text(replaced)).contains("\"module\":\"replacement\"", sha256(safe));
            assertThat(encode(model)).isEqualTo(21);
            assertThat(put("original").status()).isEqualTo(200);
            assertThat(encode(model)).isEqualTo(14);
            assertThat(Files.readString(registry.resolve("audit").resolve("test.jsonl"))).contains("traced-encoder", sha256(safe));
        }
        assertThat(text(DjlServingHost.get().tracedEncoders().list())).contains("\"traced_encoders\":[]");
    }

    @Test
    void startsWithTheReplacementIfItMust() throws Exception {
        Path safe = TorchScriptFixture.encoder(work.resolve("safe.pt"), "torch.unsqueeze(torch.mul(x, 3.), -1)");
        try (ZooModel<NDList, NDList> model = load(
                Map.of("replacement.file", safe.toString(), "replacement.sha256", sha256(safe), "replacement.active", "true"))) {
            assertThat(encode(model)).isEqualTo(21);
        }
        assertThatThrownBy(() -> load(Map.of("replacement.file", safe.toString(), "replacement.sha256", "0".repeat(64), "replacement.active", "true")))
                .hasStackTraceContaining("pinned");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "torch.mul(x, 3.)                                     | the replacement gives float32(1, 77)",
        "torch.unsqueeze(torch.log(torch.mul(x, -1.)), -1)    | not finite",
        "torch.unsqueeze(torch.mul(x, 3), -1)                 | the replacement gives int64(1, 77, 1)",
        "torch.unsqueeze(torch.view(x, [5, 5, 5]), -1)        | fails on the reference prompt"})
    void aReplacementThatDoesNotFitChangesNothing(String expression, String complaint) throws Exception {
        Path unfit = TorchScriptFixture.encoder(work.resolve("unfit.pt"), expression);
        try (ZooModel<NDList, NDList> model = load(Map.of("replacement.file", unfit.toString(), "replacement.sha256", sha256(unfit)))) {
            Answer refused = put("replacement");
            assertThat(refused.status()).isEqualTo(400);
            assertThat(text(refused)).contains(complaint);
            assertThat(encode(model)).isEqualTo(14);
        }
    }

    @Test
    void aFileThatIsNotThePinnedOneIsNotLoaded() throws Exception {
        Path safe = TorchScriptFixture.encoder(work.resolve("safe.pt"), "torch.unsqueeze(torch.mul(x, 3.), -1)");
        String pinned = sha256(safe);
        try (ZooModel<NDList, NDList> model = load(Map.of("replacement.file", safe.toString(), "replacement.sha256", pinned))) {
            TorchScriptFixture.encoder(safe, "torch.unsqueeze(torch.mul(x, 4.), -1)");
            assertThat(text(put("replacement"))).contains("pinned " + pinned);
            assertThat(encode(model)).isEqualTo(14);
        }
        assertThatThrownBy(() -> load(Map.of("replacement.file", safe.toString()))).hasStackTraceContaining("replacement.sha256");
    }

    @Test
    void noRequestNamesAFile() throws Exception {
        try (ZooModel<NDList, NDList> model = load(Map.of())) {
            assertThat(text(put("/tmp/evil.pt"))).contains("must be one of original, replacement");
            assertThat(text(put("replacement"))).contains("names no replacement.file");
            assertThat(DjlServingHost.get().tracedEncoders().put(NAME, "{\"file\": \"/tmp/evil.pt\"}".getBytes(StandardCharsets.UTF_8), "tester").status())
                    .isEqualTo(400);
            assertThat(encode(model)).isEqualTo(14);
        }
    }
}

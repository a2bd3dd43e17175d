package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnetErasureTest {

    private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

    private static final Map<String, Object> SMALL = Map.of("module", "unet", "iterations", 4, "warmupIterations", 1, "eraseBatch", 2,
            "attackSteps", 2, "retainBatch", 2, "bankStarts", 2, "retainStarts", 6, "bankSteps", 3, "checkpointInterval", 2);

    @TempDir
    private Path directory;

    private final PipelineComponents components = BundledModel.pipeline().components();

    private static ErasureRequest request(String method, String profile, Map<String, Object> overrides) {
        Map<String, Object> settings = new HashMap<>(SMALL);
        settings.putAll(overrides);
        return new ErasureRequest("church", "object", method, profile, 7, settings);
    }

    private ErasureResult erase(ErasureRequest request, String name, ErasureListener listener, CancellationToken token) {
        return ErasureMethods.byName(request.method()).run(components, request, directory.resolve(name), listener, token);
    }

    private static String digest(ErasureResult result) throws IOException {
        return Sha256.of(result.encoderDirectory().resolve(WEIGHTS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"xlayer", "noxattn"})
    void onlyTheChosenParametersChange(String trainMethod) {
        ErasureResult result = erase(request("advunlearn", "fast", Map.of("trainMethod", trainMethod)), "unet", ErasureListener.NONE,
                new CancellationToken());
        List<String> changed = new ArrayList<>();
        try (Safetensors before = Safetensors.open(components.directory().resolve("unet").resolve(WEIGHTS));
                Safetensors after = Safetensors.open(result.encoderDirectory().resolve(WEIGHTS))) {
            assertThat(after.tensors().keySet()).isEqualTo(before.tensors().keySet());
            before.tensors().keySet().stream().filter(n -> !before.sha256(n).equals(after.sha256(n))).forEach(changed::add);
        }
        assertThat(changed).hasSameElementsAs(components.unet().weights().asMap().keySet().stream()
                .filter(UnetParameters.of(trainMethod, components.unet().config())).toList());
    }

    @Test
    void writesAFolderThatLoadsAsAUnet() {
        ErasureResult result = erase(request("esd", "fast", Map.of()), "folder", ErasureListener.NONE, new CancellationToken());
        try (NDManager manager = NDManager.newBaseManager(components.device(), "PyTorch")) {
            assertThat(UNet2DConditionModel.load(result.encoderDirectory(), manager, components.device()).config())
                    .isEqualTo(components.unet().config());
        }
    }

    @Test
    void startsWhereTheFrozenModelIs() {
        List<ErasureEvent> events = new ArrayList<>();
        erase(request("esd", "fast", Map.of("iterations", 2)), "start", events::add, new CancellationToken());
        List<ErasureEvent> steps = events.stream().filter(e -> e.phase().equals("warmup")).toList();
        assertThat(steps.get(0).values().get("loss_retain")).isLessThan(1e-9);
        assertThat(steps.get(0).values().get("loss_erase")).isGreaterThan(1e-4);
        assertThat(steps.get(1).values().get("loss_retain")).isGreaterThan(1e-9);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fast", "paper"})
    void cancelledErasureResumesToTheSameUnet(String profile) throws IOException {
        ErasureRequest request = request("advunlearn", profile, Map.of("learningRate", 1e-3));
        String whole = digest(erase(request, "whole", ErasureListener.NONE, new CancellationToken()));
        CancellationToken token = new CancellationToken();
        assertThatThrownBy(() -> erase(request, "cut", event -> {
            if (event.iteration() == 3) {
                token.cancel();
            }
        }, token)).isInstanceOf(CancellationException.class);
        assertThat(digest(erase(request, "cut", ErasureListener.NONE, new CancellationToken()))).isEqualTo(whole);
    }

    @Test
    void costsWhatTheDryRunSays() {
        ErasureResult result = erase(request("advunlearn", "fast", Map.of()), "cost", ErasureListener.NONE, new CancellationToken());
        ErasureCost cost = ErasureCost.of((ErasureSettings) result.settings());
        assertThat(List.of(result.unetForward(), result.unetBackward())).isEqualTo(List.of(cost.forward(), cost.backward()));
    }

    @Test
    void publishedLatentsComeFromTheUnetInTrainingAndTargetsFromTheFrozenOne() {
        ErasureSettings settings = ErasureSettings.resolve(request("esd", "paper", Map.of()));
        try (NDManager manager = NDManager.newBaseManager(components.device(), "PyTorch")) {
            Student student = Student.of(components, components.baseEncoder(), settings, manager);
            FrozenPredictions frozen = new FrozenPredictions(components, components.baseEncoder(), new UnetMeter(), settings, new CancellationToken());
            FrozenPredictions published = frozen.rolledOutBy(student.unet());
            NDArray context = frozen.encode(List.of("a church"), manager);
            float[] before = latents(published, context, manager);
            // the frozen UNet computes its convolutions from prepared weights, which round otherwise
            assertThat(before).containsExactly(latents(frozen, context, manager), within(1e-4f));

            student.parameters().forEach(p -> Autograd.noGrad(() -> p.muli(1.1f)));

            assertThat(latents(published, context, manager)).isNotEqualTo(before);
            int size = components.unet().sampleSize();
            NDArray start = new Noise(1).normal(manager, new Shape(1, components.unet().inChannels(), size, size));
            NDArray time = FrozenPredictions.timesteps(manager, new float[] {500});
            assertThat(published.predict(start, time, context, manager).toFloatArray())
                    .isEqualTo(frozen.predict(start, time, context, manager).toFloatArray());
        }
    }

    @Test
    void publishedProfilesKeepTheirRates() {
        for (String profile : List.of("paper", "nudity", "style", "object")) {
            ErasureSettings settings = ErasureSettings.resolve(new ErasureRequest("church", "object", "esd", profile, 7, Map.of("module", "unet")));
            assertThat(settings.learningRate()).isEqualTo(1e-5);
            assertThat(settings.retainBatch()).isEqualTo(5);
        }
    }

    @Test
    void settingsOfTheTextEncoderAreRefused() {
        assertRefused("fast", Map.of("attackDistance", "kv"), "attackDistance must be unet when module is unet");
        assertRefused("kv", Map.of(), "attackDistance must be unet when module is unet");
        assertRefused("fast", Map.of("retainTexts", 10), "with module unet they must be 0");
        assertRefused("fast", Map.of("unetInterval", 2), "unetInterval must be 1 unless eraseTexts");
        assertRefused("fast", Map.of("searchInterval", 5), "searchInterval must be 0 when module is unet");
        assertRefused("fast", Map.of("layers", List.of(1)), "use trainMethod");
        assertRefused("fast", Map.of("trainMethod", "attn"), "trainMethod must be one of full, noxattn");
        assertRefused("fast", Map.of("module", "text_encoder", "trainMethod", "xattn"), "with module text_encoder it must be full");
        assertRefused("fast", Map.of("module", "vae"), "module must be one of text_encoder, unet");
    }

    private static void assertRefused(String profile, Map<String, Object> overrides, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> ErasureSettings.resolve(request("advunlearn", profile, overrides)))
                .withMessageContaining(message);
    }

    private static float[] latents(FrozenPredictions predictions, NDArray context, NDManager manager) {
        return predictions.partial(context, context, new Noise(3), 2, manager, null).toFloatArray();
    }
}

package io.advunlearn.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.Fixture;
import io.advunlearn.erasure.ErasureEvent;
import io.advunlearn.erasure.ErasureResult;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.service.jobs.EncoderOnDevice;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An erasure on the device, with a client that keeps drawing. */
@Tag("gpu")
class EraseWhileServingTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"kv", "fast"})
    void erasesAndAnswersEveryRequest(String profile) throws Exception {
        List<ErasureEvent> events = Collections.synchronizedList(new ArrayList<>());
        ErasureResult result;
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService client = Executors.newSingleThreadExecutor();
        try {
            Future<Integer> images = client.submit(() -> draw(done));
            result = SmallErasure.run(Both.device(), profile, folder, events::add);
            done.set(true);
            Both.print("%s while serving: %d images answered in %.1f s", profile, images.get(1, TimeUnit.MINUTES), result.seconds());
        } finally {
            done.set(true);
            client.shutdownNow();
        }
        assertThat(result.iterations()).isEqualTo(SmallErasure.ITERATIONS);
        assertThat(events).allMatch(event -> event.values().values().stream().allMatch(Double::isFinite));
        requireFinite(result.encoderDirectory());
        requireErased(profile, result.encoderDirectory());
        requireSameOnCpu(result.encoderDirectory());
    }

    /** A request that fails ends the client, and the test with it. */
    private static int draw(AtomicBoolean done) {
        int images = 0;
        while (!done.get()) {
            assertThat(Both.generate(Both.device(), Both.request(Both.STEPS, (long) images)).images()).hasSize(1);
            images++;
        }
        return images;
    }

    private static void requireFinite(Path encoder) {
        try (Safetensors file = Safetensors.open(encoder.resolve("model.safetensors"))) {
            for (String name : file.tensors().keySet()) {
                for (float value : file.floats(name)) {
                    assertThat(Float.isFinite(value)).as(name).isTrue();
                }
            }
        }
    }

    /** The concept's prompt tells the denoiser something else than before, by a tenth of what another class differs by at least. */
    private static void requireErased(String profile, Path encoder) {
        PipelineComponents components = Both.device().components();
        try (EncoderOnDevice erased = EncoderOnDevice.load(encoder, components.device());
                NDManager manager = NDManager.newBaseManager(components.device(), "PyTorch");
                KeyValueDistance distance = KeyValueDistance.of(components.unet())) {
            NDArray concept = states(components.baseEncoder(), Both.PROMPT, manager);
            float moved = Tensors.number(distance.distance(states(erased.model(), Both.PROMPT, manager), concept));
            float whole = Tensors.number(distance.distance(states(components.baseEncoder(), Both.PROMPT.replace("church", "house"), manager), concept));
            Both.print("%s: the concept's prompt moved by %.2f of its distance from another class", profile, moved / whole);
            assertThat(moved).isGreaterThan(0.1f * whole);
        }
    }

    private static NDArray states(ClipTextModel encoder, String prompt, NDManager manager) {
        return Autograd.noGrad(() -> encoder.encode(manager, Both.cpu().components().tokenizer().encodeAll(List.of(prompt))));
    }

    /** The candidate says the same there as here. */
    private static void requireSameOnCpu(Path encoder) {
        float[] here = lastStates(encoder, Both.device().components().device());
        assertThat(Both.relativeError(here, lastStates(encoder, Device.cpu()))).isLessThanOrEqualTo(Fixture.TOLERANCE);
    }

    private static float[] lastStates(Path encoder, Device device) {
        try (EncoderOnDevice loaded = EncoderOnDevice.load(encoder, device); NDManager manager = NDManager.newBaseManager(device, "PyTorch")) {
            return Tensors.floats(states(loaded.model(), Both.PROMPT, manager));
        }
    }
}

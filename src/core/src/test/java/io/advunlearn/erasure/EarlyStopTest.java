package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.TestDevice;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EarlyStopTest {

    private static EarlyStop after(int window, double[] attack, double[] retain) {
        EarlyStop stop = new EarlyStop(window);
        for (int i = 0; i < attack.length; i++) {
            stop.record(Map.of("loss_attack", attack[i], "loss_text", retain[i]));
        }
        return stop;
    }

    @Test
    void bothLossesMustStandStillForTwoWindows() {
        double[] still = {1, 2, 1.01, 2.02};
        double[] falling = {4, 4, 3, 3};
        assertThat(after(2, still, still).settled()).isTrue();
        assertThat(after(2, still, falling).settled()).isFalse();
        assertThat(after(2, falling, still).settled()).isFalse();
        assertThat(after(3, still, still).settled()).isFalse();
        assertThat(after(0, still, still).settled()).isFalse();
    }

    @Test
    void onlyTheLastTwoWindowsCountAndStepsWithoutAnAttackDoNot() {
        EarlyStop stop = after(1, new double[] {9, 1, 1}, new double[] {9, 1, 1});
        assertThat(stop.settled()).isTrue();
        stop.record(Map.of("loss_text", 7.0));
        assertThat(stop.settled()).isTrue();
        stop.record(Map.of("loss_attack", 2.0, "loss_retain", 1.0));
        assertThat(stop.settled()).isFalse();
    }

    @Test
    void aResumedErasureKnowsWhatTheFirstPartSaw() {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch")) {
            Map<String, NDArray> saved = new HashMap<>();
            after(2, new double[] {1, 1, 1}, new double[] {1, 1, 1}).save(saved, manager);
            EarlyStop resumed = new EarlyStop(2);
            resumed.restore(saved);
            assertThat(saved).isEmpty();
            assertThat(resumed.settled()).isFalse();
            resumed.record(Map.of("loss_attack", 1.0, "loss_text", 1.0));
            assertThat(resumed.settled()).isTrue();
        }
    }

    /** Every attack of {@code fast} starts anew, so with hardly a learning rate nothing moves. */
    @Test
    void anErasureThatStandsStillStops(@TempDir Path directory) {
        Map<String, Object> settings = Map.of("iterations", 40, "warmupIterations", 0, "learningRate", 1e-9, "eraseBatch", 2, "attackSteps", 1,
                "bankStarts", 2, "retainStarts", 4, "bankSteps", 2, "stopWindow", 4);
        ErasureRequest request = new ErasureRequest("church", "object", "advunlearn", "fast", 1, settings);
        ErasureResult result = new AdvUnlearn().run(BundledModel.pipeline().components(), request, directory, ErasureListener.NONE, new CancellationToken());
        assertThat(result.iterations()).isBetween(8, 39);
    }
}

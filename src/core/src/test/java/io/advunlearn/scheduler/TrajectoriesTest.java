package io.advunlearn.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.Fixture;
import io.advunlearn.tensor.Aten;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every scheduler in several configurations, and published ones, against diffusers: {@code src/test/fixtures/schedulers.py}. */
class TrajectoriesTest {

    @TempDir
    Path folder;

    private final Fixture fixture = new Fixture("schedulers");
    private final JsonNode index = fixture.json("config.json");

    @AfterEach
    void close() {
        fixture.close();
    }

    static List<String> cases() {
        try (Fixture fixture = new Fixture("schedulers")) {
            return StreamSupport.stream(((Iterable<String>) fixture.json("config.json")::fieldNames).spliterator(), false).toList();
        }
    }

    private Scheduler scheduler(String name) throws IOException {
        JsonNode config = index.get(name).get("config");
        if (config.isNull()) {
            return Schedulers.read(Published.file(name.substring(name.indexOf('.') + 1)));
        }
        Path file = folder.resolve("scheduler_config.json");
        new ObjectMapper().writeValue(file.toFile(), config);
        return Schedulers.read(file);
    }

    private static double[] doubles(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).mapToDouble(JsonNode::doubleValue).toArray();
    }

    /** To 1e-6, relative. */
    private static void assertSame(float[] actual, double[] expected) {
        assertThat(actual).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i]).as("at " + i).isCloseTo(expected[i], within(1e-6 * Math.abs(expected[i])));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void timestepsAndSigmasAreThoseOfDiffusers(String name) throws IOException {
        JsonNode reference = index.get(name);
        Scheduler scheduler = scheduler(name);
        int steps = reference.get("steps").intValue();
        Scheduler.Run run = scheduler.start(steps, fixture.manager());
        assertSame(run.timesteps(), doubles(reference.get("timesteps")));
        assertThat(scheduler.calls(steps)).isEqualTo(run.timesteps().length);
        assertThat(run.initNoiseSigma()).isCloseTo(reference.get("init_noise_sigma").doubleValue(), within(1e-6 * run.initNoiseSigma()));
        assertThat(run instanceof SigmaRun).isEqualTo(!reference.get("sigmas").isNull());
        if (run instanceof SigmaRun along) {
            assertSame(along.schedule().sigmas(), doubles(reference.get("sigmas")));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void trajectoryIsThatOfDiffusers(String name) throws IOException {
        NDArray weight = fixture.get("weight").reshape(4, 4, 1, 1);
        NDArray time = fixture.get("time").reshape(1, 4, 1, 1);
        NDArray noise = fixture.get("noise");
        int[] drawn = {0};
        NDManager manager = fixture.manager();
        Scheduler.Run run = scheduler(name).start(index.get(name).get("steps").intValue(), manager);
        float[] timesteps = run.timesteps();
        NDArray latents = fixture.get("start").mul((float) run.initNoiseSigma());
        for (int i = 0; i < timesteps.length; i++) {
            NDArray input = run.scaleModelInput(latents, i);
            NDArray output = Aten.conv2d(input, weight, null, 1, 0).add(time.mul(timesteps[i] / 1000)).tanh();
            latents = run.step(output, i, latents, (owner, shape) -> noise.get(drawn[0]++));
            if (i == timesteps.length / 2) {
                fixture.assertClose(latents.get("0:1"), name + ".halfway");
            }
        }
        fixture.assertClose(latents, name + ".final");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void runLeavesNothingButItsResult(String name) throws IOException {
        Scheduler scheduler = scheduler(name);
        int steps = index.get(name).get("steps").intValue();
        NDArray start = fixture.get("start");
        int before = fixture.manager().getManagedArrays().size();
        try (NDManager kept = fixture.manager().newSubManager()) {
            Scheduler.Run run = scheduler.start(steps, kept);
            NDArray latents = start.duplicate();
            for (int i = 0; i < run.timesteps().length; i++) {
                NDArray output = latents.tanh();
                NDArray next = run.step(output, i, latents, (owner, shape) -> owner.ones(shape));
                output.close();
                latents.close();
                latents = next;
            }
            assertThat(latents.getShape()).isEqualTo(new Shape(2, 4, 8, 8));
            assertThat(kept.getManagedArrays()).hasSizeLessThanOrEqualTo(9);
        }
        assertThat(fixture.manager().getManagedArrays()).hasSize(before + 1);
    }
}

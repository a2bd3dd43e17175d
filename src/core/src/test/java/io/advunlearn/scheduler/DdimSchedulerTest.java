package io.advunlearn.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DdimSchedulerTest {

    @TempDir
    Path folder;

    private DdimScheduler read(ObjectNode config) throws IOException {
        Path file = folder.resolve("scheduler_config.json");
        new ObjectMapper().writeValue(file.toFile(), config.put("_class_name", "DDIMScheduler"));
        return (DdimScheduler) Schedulers.read(file);
    }

    private static ObjectNode empty() {
        return new ObjectMapper().createObjectNode();
    }

    private static int[] ints(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"stable_diffusion", "velocity", "zero_terminal_snr", "sample_clipped", "linear_clipped", "short_training"})
    void trajectoryIsThatOfDiffusers(String name) throws IOException {
        try (Fixture fixture = new Fixture("ddim")) {
            JsonNode reference = fixture.json("config.json").get(name);
            DdimScheduler scheduler = read((ObjectNode) reference.get("config"));
            int steps = reference.get("steps").intValue();
            assertThat(scheduler.timesteps(steps)).isEqualTo(ints(reference.get("timesteps")));
            Scheduler.Run run = scheduler.start(steps, fixture.manager());
            NDArray outputs = fixture.get(name + ".outputs");
            NDArray expected = fixture.get(name + ".trajectory");
            NDArray sample = fixture.get(name + ".initial");
            for (int i = 0; i < steps; i++) {
                sample = run.step(outputs.get(i), i, sample, StepNoise.NONE);
                Fixture.assertClose(sample.toFloatArray(), expected.get(i).toFloatArray(), name + " after step " + i);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"stable_diffusion", "velocity", "zero_terminal_snr", "sample_clipped", "linear_clipped", "short_training"})
    void noisingIsThatOfDiffusers(String name) throws IOException {
        try (Fixture fixture = new Fixture("ddim")) {
            JsonNode reference = fixture.json("config.json").get(name);
            DdimScheduler scheduler = read((ObjectNode) reference.get("config"));
            int[] timesteps = ints(reference.get("noise_timesteps"));
            fixture.assertClose(scheduler.noiseSchedule().addNoise(fixture.get(name + ".clean"), fixture.get(name + ".noise"), timesteps), name + ".noisy");
            for (int t : timesteps) {
                assertThat(scheduler.noiseSchedule().alphaBar(t)).isCloseTo(reference.get("alpha_bars").get(Integer.toString(t)).doubleValue(), within(1e-6));
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"beta_schedule\": \"exponential\"} | beta_schedule",
        "{\"prediction_type\": \"flow\"} | prediction_type",
        "{\"timestep_spacing\": \"karras\"} | timestep_spacing",
        "{\"thresholding\": true} | thresholding",
        "{\"trained_betas\": [0.1]} | trained_betas",
        "{\"rescale_betas_zero_snr\": true} | rescale_betas_zero_snr",
        "{\"num_train_timesteps\": 1} | num_train_timesteps",
        "{\"noise_schedule\": \"vp\"} | noise_schedule",
    })
    void unsupportedConfigurationIsNamed(String config, String field) {
        assertThatThrownBy(() -> read((ObjectNode) new ObjectMapper().readTree(config))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("scheduler_config.json").hasMessageContaining(field);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1001})
    void impossibleNumberOfStepsIsRefused(int steps) throws IOException {
        DdimScheduler scheduler = read(empty());
        assertThatThrownBy(() -> scheduler.timesteps(steps)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("1 to 1000");
    }

    @Test
    void scheduleThatLeavesTheTrainedRangeIsRefused() throws IOException {
        DdimScheduler scheduler = read(empty().put("steps_offset", 1));
        assertThatThrownBy(() -> scheduler.timesteps(1000)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("steps_offset");
    }

    @Test
    void unreadableFileIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("broken.json"), "{\"a\": ");
        assertThatThrownBy(() -> Schedulers.read(file)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("broken.json");
    }
}

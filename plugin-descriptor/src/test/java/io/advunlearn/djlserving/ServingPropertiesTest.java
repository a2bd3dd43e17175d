package io.advunlearn.djlserving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.checkpoint.Dtype;
import io.advunlearn.checkpoint.VaeTiling;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.service.filter.FilterSettings;
import io.advunlearn.service.serving.PipelineSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServingPropertiesTest {

    private static ServingProperties properties(Device device, Map<String, String> arguments) {
        return new ServingProperties(Path.of("models", "emoji-sd"), device, arguments);
    }

    @Test
    void readsGates() {
        Gates gates = properties(Device.cpu(), Map.of("gate.attack-success.any", "0.1", "gate.minimum-trials", "50")).settings().gates();
        assertThat(gates.attackSuccess()).containsEntry("any", 0.1);
        assertThat(gates.minimumTrials()).isEqualTo(50);
    }

    @Test
    void hasDefaults() {
        ServingProperties properties = properties(Device.cpu(), Map.of());
        assertThat(properties.name()).isEqualTo("emoji-sd");
        PipelineSettings settings = properties.settings();
        assertThat(settings.device()).isEqualTo("cpu");
        assertThat(settings.enforce()).isTrue();
        assertThat(settings.encoder()).isEmpty();
        assertThat(settings.requiredErasures()).isEmpty();
        assertThat(settings.numInferenceSteps()).isEqualTo(25);
        assertThat(settings.modelDirectory()).isEqualTo(Path.of("models", "emoji-sd"));
        assertThat(settings.checkpoint()).isEqualTo(CheckpointOptions.NONE);
    }

    /** Paths are those of the model folder. */
    @Test
    void readsWhichFilesToLoad() {
        PipelineSettings settings = properties(Device.cpu(), Map.of("checkpoint", "v1-5.safetensors", "tokenizer", "clip", "variant", "fp16",
                "vae_tiling", "off", "dtype", "float16", "text_encoder_device", "cpu")).settings();
        assertThat(settings.modelDirectory()).isEqualTo(Path.of("models", "emoji-sd", "v1-5.safetensors"));
        assertThat(settings.checkpoint()).isEqualTo(new CheckpointOptions("fp16", Path.of("models", "emoji-sd", "clip"), Dtype.FLOAT16, VaeTiling.OFF, "cpu"));
    }

    @Test
    void readsEveryProperty() {
        ServingProperties properties = properties(Device.gpu(1), Map.of("pipeline", "painter", "encoder", "safe-1", "required_erasures",
                "church, van gogh", "enforce", "false", "num_inference_steps", "10", "guidance_scale", "7.5"));
        assertThat(properties.name()).isEqualTo("painter");
        PipelineSettings settings = properties.settings();
        assertThat(settings.device()).isEqualTo("gpu1");
        assertThat(settings.encoder()).hasValue("safe-1");
        assertThat(settings.requiredErasures()).containsExactly("church", "van gogh");
        assertThat(settings.enforce()).isFalse();
        assertThat(settings.numInferenceSteps()).isEqualTo(10);
        assertThat(settings.guidanceScale()).isEqualTo(7.5);
    }

    @Test
    void readsTheOutputFilter() {
        assertThat(properties(Device.cpu(), Map.of("output_filter.action", "mark")).settings().outputFilter()).isEmpty();
        assertThat(properties(Device.cpu(), Map.of("output_filter.concepts", "church, blob", "output_filter.action", "mark", "output_filter.threshold", "0.9",
                "output_filter.detector", "detector-b", "detectors", "judges.yaml")).settings().outputFilter())
                .hasValue(new FilterSettings(List.of("church", "blob"),
                        Optional.of(Path.of("models", "emoji-sd", "judges.yaml")), Optional.of("detector-b"), 0.9, FilterSettings.Action.MARK));
    }

    @ParameterizedTest
    @CsvSource({"output_filter.action,blur,withhold or mark", "enforce,yes,true or false", "num_inference_steps,0,from 1", "num_inference_steps,2.5,integer",
        "guidance_scale,21,to 20",
        "guidance_scale,NaN,to 20", "guidance_scale,much,to 20", "vae_tiling,maybe,auto", "dtype,bfloat16,float16"})
    void namesTheWrongPropertyAndWhatIsAccepted(String name, String value, String accepted) {
        assertThatThrownBy(() -> properties(Device.cpu(), Map.of(name, value)).settings()).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(name).hasMessageContaining(value).hasMessageContaining(accepted);
    }
}

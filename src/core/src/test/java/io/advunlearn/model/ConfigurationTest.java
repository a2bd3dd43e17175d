package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cannot be computed as diffusers would is refused by name; what diffusers leaves out has diffusers' default. */
class ConfigurationTest {

    @TempDir
    Path folder;

    private Path file(String json) throws IOException {
        return Files.writeString(folder.resolve("config.json"), json);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"down_block_types\": [\"AttnDownBlock2D\"]} | down_block_types | CrossAttnDownBlock2D",
        "{\"up_block_types\": \"UpBlock2D\"} | up_block_types | CrossAttnUpBlock2D",
        "{\"mid_block_type\": \"UNetMidBlock2DSimpleCrossAttn\"} | mid_block_type | UNetMidBlock2DCrossAttn",
        "{\"block_out_channels\": [320, 640]} | block_out_channels | as many entries",
        "{\"block_out_channels\": [320, 640, 0, 1280]} | block_out_channels | a whole number from 1",
        "{\"attention_head_dim\": [8, 8]} | attention_head_dim | 4 numbers",
        "{\"attention_head_dim\": 7} | attention_head_dim | divide",
        "{\"num_attention_heads\": 8} | num_attention_heads | absent or null",
        "{\"layers_per_block\": 2.5} | layers_per_block | a whole number",
        "{\"transformer_layers_per_block\": [1, 2, [1, 1], 1]} | transformer_layers_per_block | a whole number",
        "{\"class_embed_type\": \"timestep\"} | class_embed_type | absent or null",
        "{\"addition_embed_type\": \"image\"} | addition_embed_type | text_time",
        "{\"addition_embed_type\": \"text_time\"} | addition_time_embed_dim | an even number",
        "{\"addition_embed_type\": \"text_time\", \"addition_time_embed_dim\": 8} | projection_class_embeddings_input_dim | more than 6 times",
        "{\"dual_cross_attention\": true} | dual_cross_attention | false",
        "{\"only_cross_attention\": [true, false, false, false]} | only_cross_attention | false",
        "{\"resnet_time_scale_shift\": \"scale_shift\"} | resnet_time_scale_shift | default",
        "{\"act_fn\": \"gelu\"} | act_fn | silu",
        "{\"conv_in_kernel\": 1} | conv_in_kernel | 3",
        "{\"mid_block_scale_factor\": 1.5} | mid_block_scale_factor | 1",
        "{\"use_linear_projection\": 1} | use_linear_projection | true or false",
        "{\"freq_shift\": \"0\"} | freq_shift | a number",
        "{\"sample_size\": 0} | sample_size | a whole number from 1",
        "{\"_class_name\": \"UNet2DModel\"} | _class_name | UNet2DConditionModel",
        "{\"brand_new_switch\": true} | brand_new_switch | absent or null",
    })
    void denoiser(String json, String field, String accepted) throws IOException {
        Path config = file(json);
        assertThatThrownBy(() -> UNet2DConditionConfig.read(config)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("config.json").hasMessageContaining(field).hasMessageContaining(accepted);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"down_block_types\": [\"DownBlock2D\"]} | down_block_types | DownEncoderBlock2D",
        "{\"block_out_channels\": [64, 64]} | block_out_channels | as many entries",
        "{\"shift_factor\": 0.1} | shift_factor | null",
        "{\"latents_mean\": [0.1]} | latents_mean | a list of 4 numbers",
        "{\"latents_mean\": [1, 2, 3, 4]} | latents_mean | together with latents_std",
        "{\"scaling_factor\": 0} | scaling_factor | above 0",
        "{\"latent_channels\": -4} | latent_channels | a whole number from 1",
        "{\"_class_name\": \"VQModel\"} | _class_name | AutoencoderKL",
    })
    void autoencoder(String json, String field, String accepted) throws IOException {
        Path config = file(json);
        assertThatThrownBy(() -> AutoencoderKLConfig.read(config)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("config.json").hasMessageContaining(field).hasMessageContaining(accepted);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"hidden_act\": \"relu\"} | hidden_act | quick_gelu",
        "{\"num_attention_heads\": 7} | num_attention_heads | a divisor of hidden_size 512",
        "{\"vocab_size\": \"many\"} | vocab_size | a whole number",
        "{\"model_type\": \"t5\"} | model_type | clip_text_model",
        "[] | config.json | JSON object",
        "{\"vocab_size\": 1, \"vocab_size\": 2} | config.json | JSON",
    })
    void textEncoder(String json, String field, String accepted) throws IOException {
        Path config = file(json);
        assertThatThrownBy(() -> ClipTextConfig.read(config)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(field).hasMessageContaining(accepted);
    }

    @Test
    void emptyDenoiserConfigurationIsStableDiffusion1() throws IOException {
        UNet2DConditionConfig config = UNet2DConditionConfig.read(file("{\"upcast_attention\": true, \"class_embed_type\": null, \"_note\": 1}"));
        assertThat(config).isEqualTo(new UNet2DConditionConfig(0, 4, 4, true, 0, List.of(true, true, true, false), true,
                List.of(false, true, true, true), List.of(320, 640, 1280, 1280), List.of(2, 2, 2, 2), 32, 1e-5,
                List.of(1280, 1280, 1280, 1280), List.of(1, 1, 1, 1), List.of(8, 8, 8, 8), false, null));
    }

    @Test
    void middleBlockIsLeftOutOnlyByAnExplicitNull() throws IOException {
        assertThat(UNet2DConditionConfig.read(file("{\"mid_block_type\": null}")).midBlock()).isFalse();
        assertThat(UNet2DConditionConfig.read(file("{}")).midBlock()).isTrue();
    }

    @Test
    void oldTextEncoderConfigurationsCarryManyOtherFields() throws IOException {
        ClipTextConfig config = ClipTextConfig.read(file("{\"model_type\": \"clip_text_model\", \"hidden_size\": 768, \"num_attention_heads\": 12, "
                + "\"torch_dtype\": \"float32\", \"projection_dim\": 768, \"eos_token_id\": 2}"));
        assertThat(config).isEqualTo(new ClipTextConfig(49408, 768, 2048, 12, 12, 77, "quick_gelu", 1e-5, 2));
    }
}

package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.model.UNet2DConditionConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnetParametersTest {

    /** One parameter of every part of Stable Diffusion 1.4 that the published names tell apart. */
    private static final List<String> NAMES = List.of(
            "conv_in.weight",
            "time_embedding.linear_1.weight",
            "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight",
            "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.weight",
            "down_blocks.1.attentions.1.transformer_blocks.0.attn1.to_q.weight",
            "down_blocks.2.attentions.0.transformer_blocks.0.attn1.to_out.0.bias",
            "down_blocks.0.resnets.0.time_emb_proj.weight",
            "mid_block.attentions.0.transformer_blocks.0.attn2.to_v.weight",
            "up_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight",
            "up_blocks.2.attentions.0.transformer_blocks.0.attn2.to_k.weight",
            "up_blocks.2.attentions.1.transformer_blocks.0.attn2.to_k.weight",
            "up_blocks.2.attentions.2.transformer_blocks.0.attn2.to_k.weight",
            "up_blocks.2.attentions.2.transformer_blocks.0.norm2.weight",
            "conv_norm_out.weight",
            "conv_out.bias");

    @TempDir
    private Path directory;
    private UNet2DConditionConfig config;

    @BeforeEach
    void stableDiffusion() throws IOException {
        // diffusers' defaults are Stable Diffusion 1's but for the text's width.
        config = UNet2DConditionConfig.read(Files.writeString(directory.resolve("config.json"), "{\"cross_attention_dim\": 768}"));
    }

    @ParameterizedTest
    @CsvSource({
            "full, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14",
            "noxattn, 0 2 3 4 5 6 12",
            "selfattn, 2 3 4 5",
            "xattn, 7 8 9 10 11",
            "notime, 0 2 3 4 5 6 7 8 9 10 11 12",
            "xlayer, 9 11",
            "selflayer, 3 5"})
    void choosesThePublishedPartsByMeaning(String method, String wanted) {
        List<String> chosen = NAMES.stream().filter(UnetParameters.of(method, config)).toList();
        assertThat(chosen).isEqualTo(Arrays.stream(wanted.split(" ")).map(i -> NAMES.get(Integer.parseInt(i))).toList());
    }

    @Test
    void everyMethodIsKnown() {
        assertThat(UnetParameters.METHODS).allSatisfy(method -> assertThat(UnetParameters.of(method, config)).isNotNull());
    }
}

package io.advunlearn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.FamilyFixture;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.tensor.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be drawn with as published fails while it is loaded, with one sentence that names the file and what is accepted. */
class RefusedCheckpointsTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private Path write(String fixture) {
        try (FamilyFixture checkpoint = new FamilyFixture(fixture)) {
            return checkpoint.write(folder);
        }
    }

    private void refused(Path model, String... parts) {
        assertThatThrownBy(() -> TextToImagePipeline.load("tiny", model, Device.cpu()).close()).isInstanceOf(RuntimeException.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(folder.toString()).contains(parts).doesNotContain("\n"));
    }

    private void edit(String file, String field, String json) throws IOException {
        Path path = folder.resolve(file);
        ObjectNode root = (ObjectNode) JSON.readTree(path.toFile());
        JsonNode value = JSON.readTree(json);
        Files.writeString(path, root.set(field, value).toString());
    }

    /** Fields of a folder that loads otherwise. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "sd1_small | model_index.json | _class_name | \"FluxPipeline\" | Stable Diffusion 1 and 2 (StableDiffusionPipeline) and SDXL",
        "sd1_small | model_index.json | _class_name | \"StableDiffusion3Pipeline\" | StableDiffusionXLPipeline",
        "sd1_small | model_index.json | _class_name | \"StableDiffusionInpaintPipeline\" | StableDiffusionPipeline",
        "sd1_small | model_index.json | text_encoder | [\"transformers\", \"T5EncoderModel\"] | CLIPTextModel",
        "sd1_small | model_index.json | vae | [\"diffusers\", \"AutoencoderTiny\"] | AutoencoderKL",
        "sdxl_small | model_index.json | text_encoder_2 | [null, null] | CLIPTextModelWithProjection",
        "sdxl_small | model_index.json | _class_name | \"StableDiffusionPipeline\" | cross_attention_dim is [32, 32]; accepted: 12, the hidden_size of the text encoder",
        "sd1_small | unet/config.json | down_block_types | [\"AttnDownBlock2D\", \"DownBlock2D\"] | CrossAttnDownBlock2D",
        "sd1_small | unet/config.json | cross_attention_dim | 768 | accepted: 16, the hidden_size of the text encoder",
        "sd1_small | unet/config.json | in_channels | 9 | 4, the latent_channels of the VAE",
        "sd1_small | unet/config.json | out_channels | 8 | 4, the latent_channels of the VAE",
        "sd1_small | unet/config.json | time_cond_proj_dim | 256 | may only be absent or null",
        "sd1_small | unet/config.json | block_out_channels | [8, 32] | the configuration needs",
        "sd1_small | vae/config.json | latent_channels | 16 | latent_channels of the VAE",
        "sd1_small | vae/config.json | latents_mean | [0, 0, 0, 0] | together with latents_std",
        "sd1_small | text_encoder/config.json | hidden_act | \"relu\" | quick_gelu",
        "sd1_small | text_encoder/config.json | vocab_size | 20 | the tokenizer of text_encoder",
        "sd1_small | tokenizer/tokenizer_config.json | model_max_length | 77 | 12 positions",
        "sd1_small | scheduler/scheduler_config.json | prediction_type | \"flow_prediction\" | v_prediction",
        "sdxl_small | unet/config.json | addition_embed_type | null | addition_time_embed_dim is not supported",
        "sdxl_small | unet/config.json | projection_class_embeddings_input_dim | 64 | projection_dim 14",
    })
    void field(String fixture, String file, String field, String json, String accepted) throws IOException {
        write(fixture);
        edit(file, field, json);
        refused(folder, accepted);
    }

    @Test
    void sdxlNeedsADenoiserThatReadsThePooledText() throws IOException {
        write("sdxl_small");
        for (String field : new String[] {"addition_embed_type", "addition_time_embed_dim", "projection_class_embeddings_input_dim"}) {
            edit("unet/config.json", field, "null");
        }
        refused(folder, "unet/config.json", "addition_embed_type is null; accepted: text_time");
    }

    @Test
    void normalisedLatentsBelongToSdxl() throws IOException {
        write("sd1_small");
        edit("vae/config.json", "latents_mean", "[0, 0, 0, 0]");
        edit("vae/config.json", "latents_std", "[1, 1, 1, 1]");
        refused(folder, "vae/config.json", "latents_mean", "StableDiffusionXLPipeline");
    }

    @ParameterizedTest
    @CsvSource({"model_index.json", "unet/config.json", "vae/config.json", "text_encoder/config.json", "tokenizer/vocab.json", "tokenizer/merges.txt",
        "scheduler/scheduler_config.json", "unet/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors"})
    void missingFile(String file) throws IOException {
        write("sd1_small");
        Files.delete(folder.resolve(file));
        refused(folder, Path.of(file).getFileName().toString());
    }

    @Test
    void pickleInsteadOfWeights() throws IOException {
        write("sd1_small");
        Files.move(folder.resolve("unet/diffusion_pytorch_model.safetensors"), folder.resolve("unet/diffusion_pytorch_model.bin"));
        refused(folder, "diffusion_pytorch_model.bin is a pickle", "safe_serialization=True");
    }

    @Test
    void tensorsOfNoLayer() throws IOException {
        write("sd1_deep");
        edit("unet/config.json", "layers_per_block", "1");
        refused(folder, "unet/diffusion_pytorch_model.safetensors");
        edit("unet/config.json", "layers_per_block", "2");
        edit("vae/config.json", "use_quant_conv", "false");
        refused(folder, "tensor quant_conv.", "vae/diffusion_pytorch_model.safetensors belong to no layer of the configuration");
    }

    @Test
    void missingTensor() {
        write("sd1_small");
        without(folder.resolve("unet/diffusion_pytorch_model.safetensors"), "mid_block.resnets.1.conv2.bias", "mid_block.resnets.1.conv2.bias");
        refused(folder, "tensor mid_block.resnets.1.conv2.bias is missing in " + folder);
    }

    /** Writes the file anew without what begins with a prefix, which it may have under another name. */
    private static void without(Path path, String prefix, String renamed) {
        Map<String, float[]> values = new LinkedHashMap<>();
        Map<String, long[]> shapes = new LinkedHashMap<>();
        try (Safetensors file = Safetensors.open(path)) {
            file.shapes().forEach((name, shape) -> {
                if (!name.startsWith(prefix) || !renamed.equals(prefix)) {
                    String to = name.startsWith(prefix) ? renamed + name.substring(prefix.length()) : name;
                    values.put(to, file.floats(name));
                    shapes.put(to, shape);
                }
            });
        }
        Safetensors.write(path, values, shapes, Map.of());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "sd1_file | first_stage_model. | first_stage_model. | holds no image decoder",
        "sd1_file | cond_stage_model. | cond_stage_model. | holds no text encoder",
        "sd1_file | model.diffusion_model. | model.diffusion_model. | holds no UNet",
        "sd1_file | model.diffusion_model. | lora_unet_ | holds no UNet (model.diffusion_model.*): it is an adapter",
        "sd1_file | model.diffusion_model.input_blocks. | double_blocks. | FLUX",
        "sd1_file | model.diffusion_model.input_blocks. | model.diffusion_model.joint_blocks. | Stable Diffusion 3",
        "sd1_file | alphas_cumprod | edm_mean | Playground",
        "sdxl_file | conditioner.embedders.0. | conditioner.embedders.0. | holds no text encoder",
        "sdxl_file | model.diffusion_model.input_blocks.3.1.transformer_blocks.1. | model.diffusion_model.input_blocks.3.1.transformer_blocks.2. | tensor down_blocks",
        "sdxl_file | model.diffusion_model.middle_block.1.transformer_blocks.1. | model.diffusion_model.middle_block.3. | tensor mid_block",
        "sd1_file | model.diffusion_model.out.2. | model.diffusion_model.out.2. | has no tensor model.diffusion_model.out.2.weight",
    })
    void singleFile(String fixture, String prefix, String renamed, String reason) {
        Path file = write(fixture);
        without(file, prefix, renamed);
        refused(file, "model.safetensors", reason);
    }

    @Test
    void refiner() {
        Path file = write("sdxl_file");
        without(file, "conditioner.embedders.0.", "conditioner.embedders.0.");
        without(file, "conditioner.embedders.1.model.", "conditioner.embedders.0.model.");
        refused(file, "SDXL's refiner");
    }

    @Test
    void singleFileWithoutATokenizerSaysWhereToPutOne() throws IOException {
        Path file = write("sd1_file");
        Path elsewhere = Files.move(folder.resolve("tokenizer"), folder.resolve("elsewhere"));
        refused(file, "holds no tokenizer", "vocab.json and merges.txt", "option tokenizer");
        TextToImagePipeline.load("tiny", file, new CheckpointOptions(null, elsewhere), Device.cpu(), ErasureFloor.NONE, false).close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.ckpt", "model.pt"})
    void pickledCheckpoint(String name) throws IOException {
        Path file = Files.write(folder.resolve(name), new byte[] {'P', 'K', 3, 4, 0, 0, 0, 0, 0});
        refused(file, name, "a pickle", "safetensors");
    }

    @Test
    void nothingThere() {
        refused(folder.resolve("nowhere"), "does not exist");
    }

    @Test
    void nothingOfARefusedCheckpointStaysOpen() throws IOException {
        Path descriptors = Path.of("/proc/self/fd");
        assumeTrue(Files.isDirectory(descriptors));
        Path file = write("sd1_file");
        without(file, "first_stage_model.decoder.conv_out.", "first_stage_model.decoder.conv_out.");
        refused(file, "first_stage_model.decoder.conv_out.weight");
        try (Stream<Path> open = Files.list(descriptors)) {
            assertThat(open.map(RefusedCheckpointsTest::target).collect(Collectors.toSet())).noneMatch(target -> target.startsWith(folder.toString()));
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return "";
        }
    }
}

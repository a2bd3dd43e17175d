package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.FamilyFixture;
import io.advunlearn.Fixture;
import io.advunlearn.erasure.ErasureMethods;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.model.AddedConditions;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTextModelWithProjection;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.scheduler.StepNoise;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tiny checkpoints of every family, loaded as published, against the numbers of diffusers and transformers. */
class FamiliesTest {

    private static final String PROMPT = "a cat";
    private static final int STEPS = 3;
    private static final double GUIDANCE = 5;

    /** A whole image goes through every network and several steps, each of which rounds. */
    private static final double IMAGE_TOLERANCE = 1e-3;

    @TempDir
    Path folder;

    static Stream<String> checkpoints() {
        return Stream.of("sd1_small", "sd1_deep", "sd1_file", "sd2_small", "sd2_noise", "sd2_file", "sdxl_small", "sdxl_shifted", "sdxl_file");
    }

    private TextToImagePipeline load(FamilyFixture fixture) {
        return TextToImagePipeline.load("tiny", fixture.write(folder), Device.cpu());
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void networksAreThoseOfDiffusers(String name) {
        try (FamilyFixture fixture = new FamilyFixture(name); TextToImagePipeline pipeline = load(fixture);
                NDManager manager = NDManager.newBaseManager(Device.cpu())) {
            PipelineComponents parts = pipeline.components();
            checkText(fixture, parts, manager);
            checkUnet(fixture, parts.unet(), manager);
            fixture.assertClose(parts.vae().decode(FamilyFixture.input(manager, "latent", 1, 4, 4, 6)), "vae.decoded");
            fixture.assertClose(parts.vae().encodeMoments(FamilyFixture.input(manager, "image", 1, 3, 8, 12)), "vae.moments");
        }
    }

    private static void checkText(FamilyFixture fixture, PipelineComponents parts, NDManager manager) {
        int end = parts.tokenizer().eosId();
        long[] ids = new long[2 * 12];
        Arrays.fill(ids, end);
        int[] words = parts.tokenizer().tokenize("a cat");
        ids[0] = ids[12] = parts.tokenizer().bosId();
        ids[1] = words[0];
        ids[2] = words[1];
        long[] second = {7, 30, 53, 2, 41};
        System.arraycopy(second, 0, ids, 13, second.length);
        NDArray rows = Tensors.of(manager, ids, new Shape(2, 12));
        ClipTextModel.Output output = parts.baseEncoder().forward(rows);
        fixture.assertClose(output.lastHiddenState(), "text_encoder.last");
        fixture.assertClose(output.penultimate(), "text_encoder.penultimate");
        fixture.assertClose(output.pooled(), "text_encoder.pooled");
        if (parts.secondEncoder() != null) {
            ClipTextModelWithProjection.Output projected = parts.secondEncoder().model().forward(rows);
            fixture.assertClose(projected.penultimate(), "text_encoder_2.penultimate");
            fixture.assertClose(projected.textEmbeds(), "text_encoder_2.pooled");
        }
    }

    private static void checkUnet(FamilyFixture fixture, UNet2DConditionModel unet, NDManager manager) {
        long size = (long) Math.sqrt(fixture.expected("unet.output").length / 8.0);
        AddedConditions added = unet.config().textTime() == null ? null
                : new AddedConditions(FamilyFixture.input(manager, "pooled", 2, unet.config().textTime().pooled()),
                        Tensors.of(manager, new float[] {64, 48, 3, 5, 64, 48, 1024, 1024, 0, 0, 512, 768}, new Shape(2, 6)));
        NDArray context = FamilyFixture.input(manager, "context", 2, 5, unet.config().crossAttentionDim().get(0));
        fixture.assertClose(unet.forward(FamilyFixture.input(manager, "sample", 2, 4, size, size), Tensors.of(manager, new float[] {999, 37}, new Shape(2)),
                unet.context(context), added), "unet.output");
    }

    /** From the prompts, through the tokenizers, guidance, three steps and the decoder, to pixels. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void guidedImageIsThatOfDiffusersPipeline(String name) {
        try (FamilyFixture fixture = new FamilyFixture(name); TextToImagePipeline pipeline = load(fixture);
                NDManager manager = NDManager.newBaseManager(Device.cpu())) {
            for (String negative : new String[] {"dog", ""}) {
                float[] expected = fixture.expected("image." + negative);
                Fixture.assertClose(draw(pipeline.components(), manager, negative, expected.length), expected, "image." + negative, IMAGE_TOLERANCE);
            }
        }
    }

    /** The single files are drawn small, whatever size their family was published for. */
    private static float[] draw(PipelineComponents parts, NDManager manager, String negative, int values) {
        int pixels = (int) Math.sqrt(values / 3.0);
        long size = pixels / parts.vae().downscale();
        ImageSampler sampler = new ImageSampler(parts, DeviceLane.Priority.SERVING);
        TextReader reader = new TextReader(parts, TextReader.Encoders.base(parts), new ImageSize(pixels, pixels), new EmbeddingCache(manager));
        NDArray latents = sampler.sample(reader.read(manager, reader.tokens(PROMPT)), reader.readNegative(manager, reader.tokens(negative)),
                FamilyFixture.input(manager, "start", 1, 4, size, size), StepNoise.NONE, STEPS, GUIDANCE, (step, steps) -> { }, new CancellationToken());
        // [1, 3, H, W] in [-1, 1] to the pipeline's [1, H, W, 3] in [0, 1]
        return sampler.decode(latents).transpose(0, 2, 3, 1).div(2).add(0.5).toFloatArray();
    }

    /** As large models are published: a denoiser in shards, a text encoder of which there is the fp16 file alone. */
    @Test
    void shardsAndVariantsGiveTheSameImage() throws IOException {
        try (FamilyFixture fixture = new FamilyFixture("sd1_small")) {
            fixture.write(folder);
            Files.move(folder.resolve("text_encoder/model.safetensors"), folder.resolve("text_encoder/model.fp16.safetensors"));
            shard(folder.resolve("unet"), "diffusion_pytorch_model");
            try (TextToImagePipeline pipeline = TextToImagePipeline.load("tiny", folder, Device.cpu()); NDManager manager = NDManager.newBaseManager(Device.cpu())) {
                float[] expected = fixture.expected("image.dog");
                Fixture.assertClose(draw(pipeline.components(), manager, "dog", expected.length), expected, "image.dog", IMAGE_TOLERANCE);
            }
        }
    }

    /** Every other tensor into a second file. */
    private static void shard(Path folder, String name) throws IOException {
        List<Map<String, float[]>> values = List.of(new LinkedHashMap<>(), new LinkedHashMap<>());
        Map<String, String> index = new LinkedHashMap<>();
        Map<String, long[]> shapes;
        try (Safetensors file = Safetensors.open(folder.resolve(name + ".safetensors"))) {
            shapes = file.shapes();
            shapes.keySet().forEach(tensor -> {
                int shard = index.size() % 2;
                values.get(shard).put(tensor, file.floats(tensor));
                index.put(tensor, name + "-" + shard + ".safetensors");
            });
        }
        for (int shard = 0; shard < 2; shard++) {
            Safetensors.write(folder.resolve(name + "-" + shard + ".safetensors"), values.get(shard), shapes, Map.of());
        }
        Files.delete(folder.resolve(name + ".safetensors"));
        new ObjectMapper().writeValue(folder.resolve(name + ".safetensors.index.json").toFile(), Map.of("weight_map", index));
    }

    @ParameterizedTest
    @CsvSource({"sd2_small", "sdxl_small"})
    void aRequestIsDrawn(String name) {
        try (FamilyFixture fixture = new FamilyFixture(name); TextToImagePipeline pipeline = load(fixture)) {
            GenerationRequest request = new GenerationRequest(PROMPT, "dog", List.of(1L, 2L), STEPS, GUIDANCE);
            NDManager owner = pipeline.components().baseEncoder().tokenEmbedding().getManager();
            int before = owner.getManagedArrays().size();
            GenerationResult result = pipeline.generate(request, (step, steps) -> { }, new CancellationToken());
            assertThat(owner.getManagedArrays()).hasSize(before);
            assertThat(result.images()).hasSize(2).allSatisfy(image -> assertThat(image.width()).isEqualTo(16));
        }
    }

    @Test
    void openClipEncodersAreGivenTheirOwnPadding() {
        try (FamilyFixture fixture = new FamilyFixture("sdxl_small"); TextToImagePipeline pipeline = load(fixture)) {
            int[] first = pipeline.components().tokenizer().encode(PROMPT).ids();
            int[] second = pipeline.components().secondEncoder().tokenizer().encode(PROMPT).ids();
            assertThat(second).startsWith(Arrays.copyOf(first, 4)).endsWith(0, 0);
            assertThat(first).endsWith(first[3], first[3]);
        }
    }

    /** The second plug: another encoder changes the picture, and the pipeline's own brings it back. */
    @Test
    void secondEncoderIsSwapped() throws IOException {
        try (FamilyFixture fixture = new FamilyFixture("sdxl_small"); TextToImagePipeline pipeline = load(fixture)) {
            RgbImage before = draw(pipeline);
            ComponentSlot<ClipTextModelWithProjection> slot = pipeline.secondSlot().orElseThrow();
            SwapResult result = slot.swap(new SwapRequest(scaled(folder.resolve("text_encoder_2"), folder.resolve("other")), 1, false));
            assertThat(result.encoder()).isEqualTo("other");
            assertThat(draw(pipeline).rgb()).isNotEqualTo(before.rgb());
            slot.swap(new SwapRequest(null, 2, false));
            assertThat(draw(pipeline).rgb()).isEqualTo(before.rgb());
        }
    }

    /** One encoder that forgot does not help where the other still tells the denoiser. */
    @Test
    void floorIsMetOnlyByBothEncoders() throws IOException {
        try (FamilyFixture fixture = new FamilyFixture("sdxl_small");
                TextToImagePipeline pipeline = TextToImagePipeline.load("strict", fixture.write(folder), Device.cpu(), ErasureFloor.of(List.of("church")), true)) {
            ComponentSource first = erased(scaled(folder.resolve("text_encoder"), folder.resolve("first")));
            ComponentSource second = erased(scaled(folder.resolve("text_encoder_2"), folder.resolve("second")));
            assertThatThrownBy(() -> pipeline.slot().swap(SwapRequest.of(first, 1))).isInstanceOf(BelowFloorException.class);
            pipeline.secondSlot().orElseThrow().swap(new SwapRequest(second, 1, true));
            pipeline.slot().swap(SwapRequest.of(first, 1));
            assertThat(pipeline.slot().status().unavailable()).isNull();
            pipeline.slot().acquire().close();
        }
    }

    private static ComponentSource erased(ComponentSource source) {
        return new ComponentSource(source.id(), source.directory(), source.digest(), List.of("church"), source.tensorDigests(), null, null);
    }

    private static RgbImage draw(TextToImagePipeline pipeline) {
        return pipeline.generate(new GenerationRequest(PROMPT, "", List.of(1L), STEPS, GUIDANCE), (step, steps) -> { }, new CancellationToken()).images().get(0);
    }

    /** An encoder of the same architecture with other weights, outside a registry. */
    static ComponentSource scaled(Path from, Path to) throws IOException {
        Map<String, float[]> values = new LinkedHashMap<>();
        Map<String, long[]> shapes = new LinkedHashMap<>();
        Map<String, String> digests = new LinkedHashMap<>();
        Files.createDirectories(to);
        Files.copy(from.resolve("config.json"), to.resolve("config.json"));
        try (Safetensors file = Safetensors.open(from.resolve("model.safetensors"))) {
            file.shapes().forEach((name, shape) -> {
                float[] scaled = file.floats(name);
                for (int i = 0; i < scaled.length; i++) {
                    scaled[i] *= 1.25f;
                }
                values.put(name, scaled);
                shapes.put(name, shape);
            });
        }
        Safetensors.write(to.resolve("model.safetensors"), values, shapes, Map.of());
        try (Safetensors file = Safetensors.open(to.resolve("model.safetensors"))) {
            file.tensors().keySet().forEach(name -> digests.put(name, file.sha256(name)));
            return new ComponentSource("other", to, file.digest(), List.of(), digests, null, null);
        }
    }

    @Test
    void eachFamilySaysWhatItCannotDoYet() {
        try (FamilyFixture fixture = new FamilyFixture("sdxl_small"); TextToImagePipeline pipeline = load(fixture)) {
            for (String method : ErasureMethods.names()) {
                ErasureRequest request = new ErasureRequest("cat", "object", method, null, 1, Map.of());
                assertThatThrownBy(() -> ErasureMethods.byName(method).check(pipeline.components(), request)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith("erasure works on Stable Diffusion 1 and 2").hasMessageContaining("SDXL");
            }
        }
        assertThat(BundledModel.pipeline().secondSlot()).isEmpty();
    }
}

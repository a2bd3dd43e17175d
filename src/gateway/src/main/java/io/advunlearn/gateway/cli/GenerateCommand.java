package io.advunlearn.gateway.cli;

import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.pipeline.ImageSize;
import io.advunlearn.pipeline.SwapRequest;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.pipeline.UnetLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Draws images without a server. */
@Command(name = "generate", mixinStandardHelpOptions = true, description = "Draw images with a model directory, without a server.")
final class GenerateCommand implements Callable<Integer> {

    @Mixin
    private ModelOptions model;

    @Parameters(paramLabel = "PROMPT", description = "What to draw.")
    private String prompt;

    @Option(names = "--negative-prompt", paramLabel = "TEXT", defaultValue = "", description = "What to steer away from.")
    private String negativePrompt;

    @Option(names = "--encoder", paramLabel = "DIRECTORY", description = "A CLIPTextModel folder to use instead of the model's own text encoder.")
    private Path encoder;

    @Option(names = "--text-encoder-2", paramLabel = "DIRECTORY",
            description = "For SDXL: a CLIPTextModelWithProjection folder to use instead of the model's own second text encoder.")
    private Path textEncoder2;

    @Option(names = "--unet", paramLabel = "DIRECTORY", description = "A UNet2DConditionModel folder to use instead of the model's own UNet.")
    private Path unet;

    @Option(names = {"-n", "--images"}, paramLabel = "N", defaultValue = "1", description = "Images (default: ${DEFAULT-VALUE}).")
    private int images;

    @Option(names = "--seed", paramLabel = "SEED", defaultValue = "0", description = "Seed of the first image; the next has the next seed (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "25", description = "Denoising steps (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(names = "--guidance-scale", paramLabel = "SCALE", defaultValue = "5", description = "1 to 20 (default: ${DEFAULT-VALUE}).")
    private double guidanceScale;

    @Option(names = "--size", paramLabel = "WIDTHxHEIGHT", converter = SizeConverter.class, description = "Pixels (default: the size that the model was trained for).")
    private ImageSize size;

    @Option(names = "--scheduler", paramLabel = "NAME",
            description = "A scheduler of diffusers to use instead of the model's own, such as PNDM, EulerDiscrete or DPMSolverMultistep.")
    private String scheduler;

    @Option(names = {"-o", "--out"}, paramLabel = "DIRECTORY", defaultValue = ".", description = "Where seed-<seed>.png go (default: the current directory).")
    private Path out;

    @Override
    public Integer call() throws IOException {
        GenerationRequest request = new GenerationRequest(prompt, negativePrompt, LongStream.range(seed, seed + images).boxed().toList(), steps,
                guidanceScale, size, scheduler);
        try (TextToImagePipeline pipeline = model.load(); Progress progress = new Progress()) {
            if (encoder != null || textEncoder2 != null) {
                LocalEncoder.activate(pipeline, encoder, textEncoder2);
            }
            if (unet != null) {
                pipeline.unetSlot().swap(SwapRequest.of(UnetLoader.source("local", unet, List.of()), 1));
            }
            GenerationResult result = pipeline.generate(request, (step, total) -> progress.update("step", step, total, ""), new CancellationToken());
            progress.close();
            if (!result.cutPrompt().isEmpty()) {
                progress.line("warning: the prompt is too long; cut off: %s", result.cutPrompt());
            }
            write(result, request.seeds());
        }
        return 0;
    }

    private void write(GenerationResult result, List<Long> seeds) throws IOException {
        Files.createDirectories(out);
        for (int i = 0; i < seeds.size(); i++) {
            Path file = out.resolve("seed-" + seeds.get(i) + ".png");
            Files.write(file, result.images().get(i).toPng(versions(result)));
            System.out.println(file);
        }
    }

    private static Map<String, String> versions(GenerationResult result) {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("X-Encoder-Version", result.encoderVersion());
        if (!ComponentSnapshot.BASE_ID.equals(result.unetId())) {
            versions.put("X-UNet-Version", result.unetId() + "@" + result.unetDigest());
        }
        return versions;
    }
}

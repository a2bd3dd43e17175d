package io.advunlearn.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.erasure.ErasureMethods;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.evaluation.Environment;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.TorchThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;

/** What a checkpoint of full size takes: seconds to load beside a plain read of its files, and memory to load, draw and erase. */
@CommandLine.Command(name = "full-size", mixinStandardHelpOptions = true,
        description = "Loads a folder of diffusers, draws with it and erases a few iterations; prints seconds and peak memory.")
final class FullSizeCommand implements Callable<Integer> {

    private static final double GIB = 1 << 30;

    @CommandLine.Option(names = "--model", required = true, description = "folder of diffusers, for one by random-weights")
    private Path model;

    @CommandLine.Option(names = "--steps", defaultValue = "4", description = "denoising steps, 0 for no image (default: ${DEFAULT-VALUE})")
    private int steps;

    @CommandLine.Option(names = "--profiles", split = ",", defaultValue = "kv,fast", description = "profiles to erase with, none for none (default: ${DEFAULT-VALUE})")
    private List<String> profiles;

    @CommandLine.Option(names = "--iterations", defaultValue = "2", description = "outer steps of an erasure (default: ${DEFAULT-VALUE})")
    private int iterations;

    @CommandLine.Option(names = "--warm", description = "leave the files in the system's cache, instead of making it forget them before they are read and before they are loaded")
    private boolean warm;

    @Override
    public Integer call() throws IOException {
        List<Path> files = weights(model);
        long bytes = 0;
        for (Path file : files) {
            bytes += Files.size(file);
        }
        System.out.printf("files: %.2f GiB of weights in %d files%n", bytes / GIB, files.size());
        startEngine();
        PageCache.read(warm ? files : List.of());
        forget(files);
        double raw = PageCache.read(files);
        forget(files);
        long start = System.nanoTime();
        try (TextToImagePipeline pipeline = TextToImagePipeline.load("full-size", model, null)) {
            double load = secondsSince(start);
            System.out.printf("raw read %.2f s, load %.2f s (%s cache): %.2f times%n", raw, load, warm ? "warm" : "cold", load / raw);
            memory("loaded", bytes);
            draw(pipeline, bytes);
            for (String profile : profiles) {
                if (!"none".equals(profile)) {
                    erase(pipeline, profile, bytes);
                }
            }
        }
        return 0;
    }

    /** Its libraries are loaded once a process, whatever the checkpoint. */
    private static void startEngine() {
        TorchThreads.sleepWhenIdle();
        long start = System.nanoTime();
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            Aten.silu(manager.ones(new Shape(1)));
        }
        System.out.printf("engine started in %.2f s%n", secondsSince(start));
    }

    private void forget(List<Path> files) {
        if (!warm) {
            PageCache.drop(files);
        }
    }

    private static List<Path> weights(Path model) throws IOException {
        try (Stream<Path> files = Files.walk(model, 2)) {
            return files.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
        }
    }

    private void draw(TextToImagePipeline pipeline, long bytes) {
        if (steps == 0) {
            return;
        }
        long start = System.nanoTime();
        int width = pipeline.generate(new GenerationRequest("a church", "", List.of(1L), steps, 7.5), (done, total) -> { }, new CancellationToken())
                .images().get(0).width();
        System.out.printf("image of %d pixels, %d steps: %.1f s%n", width, steps, secondsSince(start));
        memory("drew", bytes);
    }

    /** The profile's every part once or twice: what its memory depends on is in, what only repeats is not. */
    private void erase(TextToImagePipeline pipeline, String profile, long bytes) throws IOException {
        Map<String, Object> settings = new LinkedHashMap<>(Map.of("iterations", iterations, "warmupIterations", 1, "attackSteps", 1, "attackInterval", 1,
                "bankStarts", 1, "retainStarts", 1, "bankSteps", 2, "eraseBatch", 1, "retainBatch", 1, "unetInterval", 1));
        settings.putAll(Map.of("searchInterval", 0, "eraseTexts", 4, "eraseTextBatch", 2, "retainTexts", 4, "retainTextBatch", 2));
        ErasureRequest request = new ErasureRequest("church", "object", ErasureMethods.DEFAULT, profile, 1, settings);
        Path work = Files.createTempDirectory("full-size-" + profile);
        try {
            double seconds = ErasureMethods.byName(request.method()).run(pipeline.components(), request, work, event -> { }, new CancellationToken()).seconds();
            System.out.printf("profile %s, %d iterations: %.1f s%n", profile, iterations, seconds);
            memory("erased", bytes);
        } finally {
            delete(work);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void memory(String after, long bytes) {
        Long peak = Environment.peakResident();
        System.out.println(peak == null ? after + ": this system does not tell the peak memory"
                : String.format("%s: peak memory %.2f GiB, %.2f times the files", after, peak / GIB, (double) peak / bytes));
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}

package io.advunlearn.benchmarks;

import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.TextToImagePipeline;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import picocli.CommandLine;

/** One side of compare/diffusers_cpu.py. Prints one line of JSON: median seconds by measure. */
@CommandLine.Command(name = "timings", mixinStandardHelpOptions = true,
        description = "Times the networks and whole images; prints one line of JSON with median seconds. One side of compare/diffusers_cpu.py.")
final class TimingsCommand implements Callable<Integer> {

    /** A service runs for days: its just-in-time compiler has done its work. */
    private static final long WARM_UP_NANOS = 10_000_000_000L;

    @CommandLine.Option(names = "--model", defaultValue = "models/emoji-sd", description = "model directory (default: ${DEFAULT-VALUE})")
    private Path model;

    @CommandLine.Option(names = "--measures", split = ",", defaultValue = "step,text,image,clients",
            description = "step (a guided UNet step: 2 rows), text (one prompt), image, clients (concurrent ones, an image each) (default: ${DEFAULT-VALUE})")
    private List<String> measures;

    @CommandLine.Option(names = "--repeats", defaultValue = "5", description = "of each measure, behind ten seconds that warm up (default: ${DEFAULT-VALUE})")
    private int repeats;

    @CommandLine.Option(names = "--steps", defaultValue = "25", description = "denoising steps of an image (default: ${DEFAULT-VALUE})")
    private int steps;

    @CommandLine.Option(names = "--clients", defaultValue = "4", description = "concurrent clients (default: ${DEFAULT-VALUE})")
    private int clients;

    @Override
    public Integer call() throws Exception {
        try (TextToImagePipeline pipeline = TextToImagePipeline.load("timings", model, null)) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("threads", pipeline.components().lane().call(DeviceLane.Priority.SERVING, JniUtils::getNumThreads));
            try (Workloads workloads = new Workloads(pipeline, steps)) {
                measure(result, "step", "unet_step", workloads::unetStep);
                measure(result, "text", "text_encoding", workloads::textEncoding);
                measure(result, "image", "image", () -> workloads.image(1));
                measure(result, "clients", "clients", () -> concurrently(workloads));
            }
            System.out.println(new ObjectMapper().writeValueAsString(result));
        }
        return 0;
    }

    private void measure(Map<String, Object> result, String measure, String name, Runnable work) {
        if (measures.contains(measure)) {
            long start = System.nanoTime();
            do {
                work.run();
            } while (System.nanoTime() - start < WARM_UP_NANOS);
            result.put(name, median(work));
        }
    }

    private double median(Runnable work) {
        double[] seconds = new double[repeats];
        for (int i = 0; i < repeats; i++) {
            long start = System.nanoTime();
            work.run();
            seconds[i] = (System.nanoTime() - start) / 1e9;
        }
        Arrays.sort(seconds);
        return (seconds[(repeats - 1) / 2] + seconds[repeats / 2]) / 2;
    }

    /** Threads of their own, as a server's: the common pool has fewer than clients on a small machine. */
    private void concurrently(Workloads workloads) {
        List<CompletableFuture<Void>> running = IntStream.range(0, clients)
                .mapToObj(client -> CompletableFuture.runAsync(() -> workloads.image(client), task -> new Thread(task, "client-" + client).start())).toList();
        running.forEach(CompletableFuture::join);
    }
}

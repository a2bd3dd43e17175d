package io.advunlearn.benchmarks;

import io.advunlearn.pipeline.TextToImagePipeline;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Milliseconds of each network and of a whole image; {@code -p model=DIR} takes another folder than the bundled one. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class PipelineBenchmark {

    /** A folder of diffusers. */
    @Param("models/emoji-sd")
    public String model;

    /** Of a whole image. */
    @Param("25")
    public int steps;

    private TextToImagePipeline pipeline;
    private Workloads workloads;

    /** Loads the folder. */
    @Setup
    public void load() {
        pipeline = TextToImagePipeline.load("benchmark", Path.of(model), null);
        workloads = new Workloads(pipeline, steps);
    }

    /** Frees it. */
    @TearDown
    public void close() {
        workloads.close();
        pipeline.close();
    }

    /** One prompt. */
    @Benchmark
    public void textEncoder() {
        workloads.textEncoding();
    }

    /** One image, guided: 2 rows. */
    @Benchmark
    public void unetStep() {
        workloads.unetStep();
    }

    /** One image. */
    @Benchmark
    public void vaeDecode() {
        workloads.decode();
    }

    /** From the prompt to pixels. */
    @Benchmark
    public void image() {
        workloads.image(1);
    }
}

package io.advunlearn.tensor;

import ai.djl.pytorch.jni.JniUtils;
import com.sun.jna.NativeLibrary;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How many threads PyTorch's kernels have, and how these wait for each other. */
public final class TorchThreads {

    private static final Logger LOG = LoggerFactory.getLogger(TorchThreads.class);

    private static final String COUNT = "OMP_NUM_THREADS";
    private static final String DJL_COUNT = "ai.djl.pytorch.num_threads";

    /**
     * Multiply-adds of a row up to which a second thread costs more than it saves: waking it for every kernel takes as long as the kernel. The
     * bundled model has 3e8, Stable Diffusion 1 a thousand times as many.
     */
    private static final double SMALL_WORK = 2e9;

    /** PyTorch sets it for each calling thread by itself. */
    private static final ThreadLocal<Integer> CURRENT = new ThreadLocal<>();

    private TorchThreads() { }

    /** What the engine begins with: the operator's choice, or all processors. */
    private static final class Engine {

        private static final int THREADS = JniUtils.getNumThreads();
    }

    /**
     * Threads for the kernels of a network on a CPU. A number that the operator has set ({@code OMP_NUM_THREADS}, or DJL's
     * {@code ai.djl.pytorch.num_threads}) stays.
     *
     * @param multiplyAdds of one row of a forward, about
     */
    public static int forWork(double multiplyAdds) {
        int all = Engine.THREADS;
        boolean chosen = System.getenv(COUNT) != null || System.getProperty(DJL_COUNT) != null;
        return chosen || multiplyAdds > SMALL_WORK ? all : 1;
    }

    /**
     * How many threads may do at once what the calling thread does now, so that all of those that the engine began with have work. More than 1 where
     * {@link #use} gave the kernels fewer.
     */
    public static int atOnce() {
        Integer current = CURRENT.get();
        return current == null ? 1 : atOnce(current);
    }

    /** The same where the kernels have so many threads. @param threads at least 1 */
    public static int atOnce(int threads) {
        return Math.max(1, Engine.THREADS / threads);
    }

    /** For the kernels that the calling thread starts from now on. @param threads at least 1 */
    public static void use(int threads) {
        Integer current = CURRENT.get();
        if (current == null || current != threads) {
            JniUtils.setNumThreads(threads);
            CURRENT.set(threads);
        }
    }

    /**
     * Lets worker threads sleep at the end of a parallel kernel instead of spinning. Small kernels end every few microseconds, and a
     * spinning thread keeps the one it waits for off the processor whenever something else runs beside it: on two shared cores a
     * 25-step image took 32 s instead of 1 s.
     *
     * <p>OpenMP reads this from the environment when PyTorch is loaded, so this must come before the first use of the engine. A value
     * that the operator has set for {@code OMP_WAIT_POLICY} stays.
     */
    public static void sleepWhenIdle() {
        try {
            int keepExisting = 0;
            NativeLibrary.getInstance("c").getFunction("setenv").invokeInt(new Object[] {"OMP_WAIT_POLICY", "PASSIVE", keepExisting});
        } catch (LinkageError | RuntimeException e) {
            LOG.info("OMP_WAIT_POLICY could not be set ({}); set it to PASSIVE in the environment if other processes share the processors", e.toString());
        }
    }
}

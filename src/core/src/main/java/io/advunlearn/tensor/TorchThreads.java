package io.advunlearn.tensor;

import com.sun.jna.NativeLibrary;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How PyTorch's worker threads wait for each other. */
public final class TorchThreads {

    private static final Logger LOG = LoggerFactory.getLogger(TorchThreads.class);

    private TorchThreads() { }

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

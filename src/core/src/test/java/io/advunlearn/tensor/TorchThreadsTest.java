package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TorchThreadsTest {

    private static final String POLICY = "OMP_WAIT_POLICY";
    private static final String COUNT = "OMP_NUM_THREADS";

    /** Run in a JVM of its own: what native libraries will read from the environment, or the threads for little and for much work. */
    public static void main(String[] args) {
        TorchThreads.sleepWhenIdle();
        if (args.length > 0) {
            Engine.getEngine("PyTorch");
            int all = JniUtils.getNumThreads();
            System.out.print(TorchThreads.forWork(1e8) + ", " + TorchThreads.forWork(1e12) + " of " + all);
            return;
        }
        System.out.print(NativeLibrary.getInstance("c").getFunction("getenv").invokeString(new Object[] {POLICY}, false));
    }

    private static String run(String variable, String operatorsChoice, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"), TorchThreadsTest.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().remove(variable);
        if (operatorsChoice != null) {
            builder.environment().put(variable, operatorsChoice);
        }
        Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return printed;
    }

    @Test
    void idleThreadsSleepUnlessTheOperatorSaysOtherwise() throws Exception {
        assertThat(run(POLICY, null)).isEqualTo("PASSIVE");
        assertThat(run(POLICY, "ACTIVE")).isEqualTo("ACTIVE");
    }

    @Test
    void smallWorkHasOneThreadUnlessTheOperatorSaysOtherwise() throws Exception {
        assertThat(run(COUNT, null, "threads")).matches("1, (\\d+) of \\1");
        assertThat(run(COUNT, "2", "threads")).matches("(\\d+), \\1 of \\1");
    }
}

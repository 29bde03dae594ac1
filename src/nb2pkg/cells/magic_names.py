"""The names of the magics that `magics` has rows for, apart from it: the linter asks for the names alone.

A test keeps both in step.
"""

from __future__ import annotations

LINE_MAGIC_NAMES = frozenset("""
    R Rget Rpull Rpush aimport alias autocall automagic autoreload autosave bigquery bookmark cat cd colors
    conda config connect_info cp cython debug dhist dirs doctest_mode ed edit env fortran gui hist history julia
    ll load load_ext loadpy logoff logon logstart logstate logstop lprun ls lsmagic macro magic mamba matlab
    matplotlib memit micromamba mkdir mprun mv notebook notebook_path octave pdb pdef pdoc pfile pinfo pinfo2
    pip popd precision prun psearch psource pushd pwd pylab qtconsole quickref recall rehashx reload_ext rep
    rerun reset reset_selective rm rmdir run save set_env sql store sx system tensorboard tensorflow_version
    time timeit unalias unload_ext uv version_information watermark who who_ls whos xdel xmode
    """.split())
CELL_MAGIC_NAMES = frozenset("""
    HTML R SVG ai bash bigquery capture cmd cpp cu cython debug dot file fortran go html javascript js julia
    latex manim markdown matlab memit mermaid node octave perl powershell prun pypy python python2 python3 ruby
    rust scala script sh shell spark sparksql sql svg sx system time timeit writefile zsh
    """.split())
# What a one-line cell may call without `%`, as IPython's automagic does.
AUTOMAGIC = LINE_MAGIC_NAMES
